import { useState } from "react";
import type { WholeFailure } from "../../api/answers.ts";
import { apiUrl } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { SchemaProblems } from "../../parts/contract-verdict.tsx";
import { judgedBy } from "../../parts/judged-by.ts";
import { Facts } from "../../parts/facts.tsx";
import { HeadersTable } from "../../parts/headers-table.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { PayloadView } from "../../parts/payload-view.tsx";
import { sayPlace } from "../../parts/say-place.ts";
import { Note, Status } from "../../parts/status.tsx";
import { BothTimes } from "../../parts/time.tsx";
import { traceOf } from "../../parts/trace-id.tsx";
import { Link } from "../../router/link.tsx";
import { useTenant } from "../../router/location.ts";
import type { PathParts } from "../../router/match-route.ts";
import { paths } from "../../router/paths.ts";
import type { Held } from "../commands/command-words.ts";
import { StopForNow } from "../commands/stop-for-now.tsx";
import { FailureActions } from "../redrive/failure-actions.tsx";
import { AttemptLines } from "./attempt-lines.tsx";
import { Attempts } from "./attempts.tsx";
import { RunsNow } from "./runs-now.tsx";
import { sayReason, stateOf } from "./say-failure.ts";
import { WaitingBehind } from "./waiting-behind.tsx";

/** One failed event, whole. */
export function FailurePage({ parts }: { readonly parts: PathParts }) {
  const id = parts["id"]!;
  const [isUnmasked, unmask] = useState(false);
  const answer = useApi("/failures/{id}", { path: { id }, query: { unmasked: isUnmasked } });
  const whole = answer.data;
  const tenant = useTenant();
  const state = whole && stateOf(whole.failure);
  return (
    <Page
      byTenant={
        whole === undefined || whole.failure.tenantId === tenant
          ? true
          : `this failure is of ${whole.failure.tenantId ?? "no tenant"}.`
      }
      title={
        whole === undefined
          ? "Failed event"
          : `${whole.failure.type ?? "Unreadable record"} of ${whole.failure.subject ?? "no subject"}`
      }
      above={
        <>
          <Link to={paths.failures()}>Failures</Link> /{" "}
          {whole && <Link to={paths.failureGroup(whole.failure.group)}>one cause</Link>} / <span className="mono">{id}</span>
        </>
      }
      say={whole && <Say of={whole} />}
      actions={
        whole &&
        state && (
          <>
            <Status tone={state.tone}>{state.word}</Status>
            <FailureActions of={whole} />
          </>
        )
      }
    >
      <Answer of={answer}>{(failure) => <Whole of={failure} id={id} isUnmasked={isUnmasked} unmask={unmask} />}</Answer>
    </Page>
  );
}

const Say = ({ of: { failure, owner } }: { readonly of: WholeFailure }) => (
  <>
    It {sayReason(failure.reason)} in{" "}
    <span className="mono">
      {failure.service}/{failure.handler}
    </span>
    , owned by {owner ?? "nobody that it told"}.
  </>
);

interface WholeProps {
  readonly of: WholeFailure;
  readonly id: string;
  readonly isUnmasked: boolean;
  readonly unmask: (isUnmasked: boolean) => void;
}

const Whole = ({ of: whole, id, isUnmasked, unmask }: WholeProps) => (
  <>
    {whole.runsNow !== null && <RunsNow of={whole.runsNow} />}
    {whole.gone.length > 0 && (
      <Note tone="unknown">
        {whole.gone.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </Note>
    )}
    <Section title="Error">
      <pre className="code" tabIndex={0}>
        {whole.error.stack ?? `${whole.error.code ?? whole.error.name}: ${whole.error.message}`}
      </pre>
    </Section>
    <div className="columns">
      <Section title="Payload" about={judgedBy(whole.contract)}>
        <PayloadView
          of={whole.payload}
          bytesUrl={apiUrl("/failures/{id}/payload", { path: { id } })}
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
    <Attempts of={whole.attempts} />
    {whole.flow !== null && whole.failure.eventId !== null && (
      <AttemptLines flow={whole.flow} eventId={whole.failure.eventId} failure={whole.failure} attempts={whole.attempts.length} />
    )}
    <WaitingBehind of={whole} />
    <StopForNow service={whole.failure.service} handler={whole.failure.handler} holds={holdsOf(whole.failure)} />
    <Section title="Headers" about="as they stand in the record">
      <HeadersTable headers={whole.headers} />
    </Section>
  </>
);

const holdsOf = ({ subject, tenantId }: WholeFailure["failure"]): readonly Held[] => [
  ...(subject === null ? [] : [{ by: "subject", name: subject } as const]),
  ...(tenantId === null ? [] : [{ by: "tenant", name: tenantId } as const]),
];

const factsOf = ({ failure, key, flow, traceparent }: WholeFailure) =>
  [
    ["Event", failure.eventId === null ? null : <span className="mono">{failure.eventId}</span>],
    ["Flow", flow === null ? null : <Link to={paths.flow(flow)}>its whole story</Link>],
    ["Tenant", failure.tenantId],
    ["Key", key === null ? "null" : <span className="mono">{key.text ?? `${key.base64} (base64)`}</span>],
    [
      "In the log at",
      <span key="at" className="mono">
        {sayPlace(failure.origin)}
      </span>,
    ],
    [
      "Its dead letter at",
      <span key="at" className="mono">
        {sayPlace(failure.letter)}
      </span>,
    ],
    ["Failed", <BothTimes key="at" at={failure.failedAtMs} />],
    [
      "Version",
      <span key="version" className="mono">
        {failure.version}
      </span>,
    ],
    ["Asked", failure.asked === null ? null : `${failure.asked.action} by ${failure.asked.by}`],
    ["Answer", failure.answer],
    ["Trace", traceOf(traceparent, "the event")],
  ] as const;
