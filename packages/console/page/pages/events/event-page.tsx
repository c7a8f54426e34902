import { useState } from "react";
import type { WholeEvent } from "../../api/answers.ts";
import { apiUrl } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { SchemaProblems } from "../../parts/contract-verdict.tsx";
import { judgedBy } from "../../parts/judged-by.ts";
import { Facts } from "../../parts/facts.tsx";
import { HeadersTable } from "../../parts/headers-table.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { PayloadView } from "../../parts/payload-view.tsx";
import { Note } from "../../parts/status.tsx";
import { BothTimes } from "../../parts/time.tsx";
import { traceOf } from "../../parts/trace-id.tsx";
import { Link } from "../../router/link.tsx";
import { useTenant } from "../../router/location.ts";
import type { PathParts } from "../../router/match-route.ts";
import { paths } from "../../router/paths.ts";

/** One record of the log, whole. */
export function EventPage({ parts }: { readonly parts: PathParts }) {
  const path = { topic: parts["topic"]!, partition: parts["partition"]!, offset: parts["offset"]! };
  const [isUnmasked, unmask] = useState(false);
  // What stands in the log does not change.
  const answer = useApi("/events/{topic}/{partition}/{offset}", { path, query: { unmasked: isUnmasked }, everyMs: 0 });
  const event = answer.data?.record.event;
  const tenant = useTenant();
  return (
    <Page
      byTenant={event == null || event.tenantId === tenant ? true : `this event is of ${event.tenantId ?? "no tenant"}.`}
      title={
        event === undefined
          ? "Event"
          : event === null
            ? "A record that is no event"
            : `${event.type} of ${event.subject ?? "no subject"}`
      }
      above={
        <>
          <Link to={paths.events()}>Events</Link> / <span className="mono">{Object.values(path).join("/")}</span>
        </>
      }
    >
      <Answer of={answer}>
        {(whole) => (
          <>
            {whole.problem !== null && (
              <Note tone="bad">
                <p>It cannot be read as an event: {whole.problem}</p>
              </Note>
            )}
            <div className="columns">
              <Section title="Payload" about={judgedBy(whole.contract)}>
                <PayloadView
                  of={whole.payload}
                  bytesUrl={apiUrl("/events/{topic}/{partition}/{offset}/payload", { path })}
                  isUnmasked={isUnmasked}
                  onUnmask={unmask}
                />
                <SchemaProblems of={whole.contract} />
              </Section>
              <Section title="What it is">
                <div className="card">
                  <Facts of={factsOf(whole)} />
                </div>
              </Section>
            </div>
            <Section title="Headers" about="as they stand in the record">
              <HeadersTable headers={whole.headers} />
            </Section>
          </>
        )}
      </Answer>
    </Page>
  );
}

const mono = (text: string | number | null) => (text === null ? null : <span className="mono">{text}</span>);

const factsOf = ({ record: { event, timestampMs }, key, flow, traceparent }: WholeEvent) =>
  [
    ["Event", mono(event?.id ?? null)],
    ["From", mono(event?.source ?? null)],
    ["Flow", flow === null ? null : <Link to={paths.flow(flow)}>its whole story</Link>],
    ["Caused by", mono(event?.causationId ?? null)],
    ["Number", event?.sequence ?? null],
    ["Tenant", event?.tenantId ?? null],
    ["Version", event?.dataVersion ?? null],
    ["Key", key === null ? "null" : mono(key.text ?? `${key.base64} (base64)`)],
    ["Written", <BothTimes key="at" at={timestampMs} />],
    ["Trace", traceOf(traceparent, "the event")],
  ] as const;
