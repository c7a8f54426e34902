import type { Service } from "../../api/answers.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Figures } from "../../parts/facts.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { count } from "../../parts/say-number.ts";
import { duration } from "../../parts/say-time.ts";
import { Note, Status } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import type { PathParts } from "../../router/match-route.ts";
import { paths } from "../../router/paths.ts";
import { AskedInAddress } from "../commands/asked-in-address.tsx";
import { asksOfService } from "../commands/asks-of.ts";
import { MoreCommands } from "../commands/more-commands.tsx";
import { StandingControls } from "../commands/standing-controls.tsx";
import { deployColumns, handlerColumns, instanceColumns, publishedColumns } from "./service-columns.tsx";
import { serviceState } from "./service-words.ts";

/** One service: what runs of it, what it handles, what stands in its way. */
export function ServicePage({ parts }: { readonly parts: PathParts }) {
  const name = parts["name"]!;
  const answer = useApi("/services/{name}", { path: { name } });
  const summary = answer.data?.summary;
  return (
    <Page
      byTenant="services work for all tenants, and what they say of themselves is of all."
      title={name}
      above={
        <>
          <Link to={paths.services()}>Services</Link> / service
        </>
      }
      say={
        summary &&
        `Owned by ${summary.owner ?? "nobody that it told"}. Runs ${summary.versions.join(" and ") || "no version that is known"}.`
      }
      actions={
        answer.data && (
          <>
            <Status tone={serviceState(answer.data.summary).tone}>{serviceState(answer.data.summary).word}</Status>
            <MoreCommands service={name} name={name} asks={asksOfService(answer.data.controls)}>
              Stop or hold
            </MoreCommands>
            <AskedInAddress service={name} controls={answer.data.controls} />
          </>
        )
      }
    >
      <Answer of={answer}>{(service) => <Whole of={service} />}</Answer>
    </Page>
  );
}

const Whole = ({
  of: { summary, handlers, controls, outbox, answers, deploys, published, running, blind },
}: {
  readonly of: Service;
}) => (
  <>
    {blind !== null && (
      <Note tone="unknown">
        <p>Unknown: {blind}.</p>
      </Note>
    )}
    <Figures
      of={[
        ["Instances", count(summary.instances)],
        ["Behind", summary.behind === null ? "unknown" : count(summary.behind)],
        ["Parked", count(summary.parked)],
        ["Failed, unanswered", count(summary.unanswered)],
        ["Outbox waits", summary.outboxWaiting === null ? "unknown" : count(summary.outboxWaiting)],
        ["Oldest in it", outbox?.oldestMs == null ? "none" : duration(outbox.oldestMs)],
      ]}
    />
    {outbox?.problem != null && (
      <Note tone="bad">
        <p>{outbox.problem}</p>
      </Note>
    )}
    <Section title="Handlers">
      <DataTable
        label="Handlers"
        columns={handlerColumns(summary.service, controls)}
        rows={handlers}
        rowId={({ name }) => name}
      />
    </Section>
    <Section title="Controls" about="what people asked of it, and still holds">
      <StandingControls service={summary.service} of={controls} />
    </Section>
    <div className="columns">
      <Section title="Instances">
        <DataTable
          label="Instances"
          columns={instanceColumns}
          rows={running}
          rowId={({ instance }) => instance}
          sortName="instances"
        />
      </Section>
      <Section title="Deploys" about="newest first">
        <DataTable label="Deploys" columns={deployColumns} rows={deploys} rowId={({ version }) => version} sortName="deploys" />
      </Section>
    </div>
    {published.length > 0 && (
      <Section title="Publishes" about="in the last while">
        <DataTable
          label="Published types"
          columns={publishedColumns}
          rows={published}
          rowId={({ type, topic }) => `${type} ${topic}`}
          sortName="types"
        />
      </Section>
    )}
    {answers.length > 0 && (
      <Section title="Answers to commands" about="newest first">
        <ul className="card pairs">
          {answers.map(({ commandId, state, sentence, atMs }) => (
            <li key={commandId}>
              <span>
                <Status tone={state === "done" ? "good" : "bad"}>{state === "done" ? "Done" : "Refused"}</Status> {sentence}
              </span>
              <Time at={atMs} />
            </li>
          ))}
        </ul>
      </Section>
    )}
  </>
);
