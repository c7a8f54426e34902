import type { Flow } from "../../api/api-types.ts";
import { useApi } from "../../api/use-api.ts";
import type { LiveState } from "../../api/open-live.ts";
import { useLive } from "../../api/use-live.ts";
import { Answer } from "../../parts/answer.tsx";
import { useNow } from "../../parts/clock.tsx";
import { Figures } from "../../parts/facts.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { duration } from "../../parts/say-time.ts";
import { Note, Status } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { useNarrow } from "../../parts/use-narrow.ts";
import { Link } from "../../router/link.tsx";
import { useTenant } from "../../router/location.ts";
import type { PathParts } from "../../router/match-route.ts";
import { paths } from "../../router/paths.ts";
import { AbsenceBox } from "./absence-box.tsx";
import type { FlowHandler } from "./flow-event.ts";
import { FlowGraph } from "./flow-graph.tsx";
import { FlowTimeline } from "./flow-timeline.tsx";
import { flowTone, outcomes } from "./outcomes.tsx";
import { type Took, tookOf } from "./took.ts";

/** One flow, as it happens. */
export function FlowPage({ parts }: { readonly parts: PathParts }) {
  const id = parts["id"]!;
  const answer = useApi("/flows/{id}", { path: { id }, everyMs: 0 });
  const live = useLive("/flows/{id}/live", "flow", "/flows/{id}", { path: { id } }, answer.data !== undefined);
  const tenant = useTenant();
  const subject = answer.data?.events[0]?.subject;
  return (
    <Page
      byTenant={isOf(tenant, answer.data) ? true : "this flow has no event of it."}
      title={subject === undefined || subject === null ? "Flow" : `Flow of ${subject}`}
      above={
        <>
          <Link to={paths.flows()}>Flow</Link> / <span className="mono">{id}</span>
        </>
      }
      actions={answer.data && <Live state={live} />}
    >
      <Answer of={answer}>{(flow) => <Whole of={flow} />}</Answer>
    </Page>
  );
}

const isOf = (tenant: string | undefined, flow: Flow | undefined): boolean =>
  tenant === undefined || flow === undefined || flow.events.some(({ tenantId }) => tenantId === tenant);

const said = { connecting: "Connecting", live: "Live", lost: "Not live: connecting again" } as const;

const Live = ({ state }: { readonly state: LiveState }) => (
  <Status tone={state === "live" ? "good" : state === "lost" ? "unknown" : "calm"}>{said[state]}</Status>
);

function Whole({ of: flow }: { readonly of: Flow }) {
  const handlers = flow.events.flatMap((event) => event.handlers);
  const tone = flowTone(flow, handlers);
  const first = flow.events[0];
  const took = tookOf(flow);
  const notDone = handlers.filter(({ outcome }) => ["bad", "warn", "unknown"].includes(outcomes[outcome].tone)).length;
  const isNarrow = useNarrow();
  const graph = (
    <Section key="graph" title="Graph" about="events, who handled them, and what they published because of them">
      <FlowGraph events={flow.events} />
    </Section>
  );
  const timeline = <FlowTimeline key="timeline" of={flow} />;
  return (
    <>
      <div className={`lead tone-${tone}`}>
        <p className="sentence" role="status">
          {flow.sentence}
        </p>
        {flow.blind !== null && (
          <Note tone="unknown">
            <p>Unknown: {flow.blind}. What is not shown may have happened.</p>
          </Note>
        )}
        <FailedHops of={handlers} />
        <AbsenceBox id={flow.correlationId} />
      </div>
      <Figures
        of={[
          ["Events", flow.events.length],
          ["Handlers", handlers.length],
          ["Not done", notDone],
          ["Began", first === undefined ? "—" : <Time key="began" at={first.timestampMs} />],
          [took?.name ?? "Took", took === null ? "—" : <Elapsed key="took" of={took} />],
        ]}
      />
      {isNarrow ? [timeline, graph] : [graph, timeline]}
    </>
  );
}

/** By itself, for it is drawn each second while the flow goes on. */
const Elapsed = ({ of: { fromMs, toMs } }: { readonly of: Took }) => {
  const now = useNow();
  return duration(Math.max(0, (toMs ?? now) - fromMs));
};

/** More would push down what explains them. */
const mostShown = 3;

/** From what failed to where it is mended, without a search for it below. */
function FailedHops({ of: handlers }: { readonly of: readonly FlowHandler[] }) {
  const failed = handlers.flatMap(({ outcome, failureId, service, handler }) =>
    outcome === "dead" && failureId !== null ? [{ failureId, name: `${service}/${handler}` }] : [],
  );
  if (failed.length === 0) return null;
  return (
    <div className="row">
      {failed.slice(0, mostShown).map(({ failureId, name }, at) => (
        <Link key={failureId} className={`button ${at === 0 ? "main-action" : ""}`} to={paths.failure(failureId)}>
          {failed.length === 1 ? "See the failure" : `See the failure of ${name}`}
        </Link>
      ))}
    </div>
  );
}
