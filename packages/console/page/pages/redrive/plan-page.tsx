import type { PlanBody, RedrivePlan } from "../../api/answers.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { useNow } from "../../parts/clock.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { count } from "../../parts/say-number.ts";
import { Note } from "../../parts/status.tsx";
import { Ago } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import type { PathParts } from "../../router/match-route.ts";
import { paths } from "../../router/paths.ts";
import { ConfirmPlan } from "./confirm-plan.tsx";
import { PlanButton } from "./plan-button.tsx";
import { RehearsedBuilds } from "./rehearsed-builds.tsx";
import { nameOf, sayConsumer, sayLeftOut, sayPlan } from "./say-plan.ts";

/** What a redrive or discard would do, before it does anything. */
export function PlanPage({ parts }: { readonly parts: PathParts }) {
  const id = parts["id"]!;
  const answer = useApi("/redrive-plans/{id}", { path: { id }, everyMs: 0 });
  const action = answer.data?.action === "discard" ? "Discard" : "Redrive";
  return (
    <Page
      byTenant={"a plan is of the failures that were chosen, whoever's they are."}
      title={answer.data === undefined ? "Plan" : `${action} ${count(answer.data.total)}?`}
      above={
        <>
          <Link to={paths.failures()}>Failures</Link> / plan
        </>
      }
      say={
        answer.data === undefined ? (
          "This is a plan. Nothing has happened yet."
        ) : (
          <>
            This is a plan, made <Ago at={answer.data.createdAtMs} />. Nothing has happened yet.
          </>
        )
      }
      actions={answer.data && !answer.data.isConfirmed && <PlanAgain of={answer.data} />}
    >
      <Answer of={answer}>{(plan) => <Plan of={plan} />}</Answer>
    </Page>
  );
}

function Plan({ of: plan }: { readonly of: RedrivePlan }) {
  const now = useNow();
  const leftOut = Object.entries(plan.leftOut);
  return (
    <>
      <div className={`lead tone-${plan.total === 0 ? "warn" : "calm"}`}>
        <p className="sentence">{sayPlan(plan)}</p>
        {plan.warnings.map(({ warning, sentence }) => (
          <Note key={warning} tone="warn">
            <p>{sentence}</p>
          </Note>
        ))}
      </div>
      {plan.consumers.length > 0 && (
        <Section title="Who is asked">
          <DataTable label="Consumers" columns={consumerColumns} rows={plan.consumers} rowId={nameOf} />
        </Section>
      )}
      {plan.action === "redrive" &&
        servicesOf(plan).map((service) => <RehearsedBuilds key={service} service={service} {...causeIn(plan)} />)}
      {leftOut.length > 0 && (
        <Section title="Left out" about="and stays as it is">
          <ul className="card stack">
            {leftOut.map(([why, many]) => (
              <li key={why}>
                <strong className="number">{count(many ?? 0)}</strong> {sayLeftOut(why)}
              </li>
            ))}
          </ul>
        </Section>
      )}
      {plan.isConfirmed ? (
        <Note tone="good">
          <p>
            It is confirmed: <Link to={paths.job(plan.id)}>see how it goes</Link>.
          </p>
        </Note>
      ) : plan.expiresAtMs < now ? (
        <Note tone="warn">
          <p>
            The plan ended <Ago at={plan.expiresAtMs} />: what it says may not be so any more. Plan again before anything is done.
          </p>
        </Note>
      ) : (
        <ConfirmPlan plan={plan} />
      )}
    </>
  );
}

const servicesOf = ({ consumers }: RedrivePlan): string[] => [...new Set(consumers.map(({ service }) => service))];

/** The cause that the plan is of, where it is of one. */
function causeIn({ selection }: RedrivePlan): { readonly group?: string } {
  const { query } = selection as { readonly query?: { readonly group?: string } };
  return query?.group === undefined ? {} : { group: query.group };
}

/** What runs, and what has failed, may be other than when the plan was made. A payload that was edited is not told, so not planned again. */
const PlanAgain = ({ of: { action, selection, consumers, isEdit } }: { readonly of: RedrivePlan }) =>
  isEdit ? null : (
    <PlanButton
      plan={{ action, selection: selection as PlanBody["selection"] }}
      service={consumers.length === 1 ? consumers[0]!.service : null}
    >
      Plan again
    </PlanButton>
  );

const consumerColumns: readonly TableColumn<RedrivePlan["consumers"][number]>[] = [
  { id: "name", title: "Handler", cell: (consumer) => <strong className="mono">{nameOf(consumer)}</strong> },
  { id: "count", title: "Events", isNumber: true, cell: (consumer) => count(consumer.count) },
  { id: "known", title: "What is known", isLong: true, cell: sayConsumer },
];
