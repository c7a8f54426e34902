import { useEffect } from "react";
import type { Flow } from "../../api/api-types.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Page } from "../../parts/page.tsx";
import { counted } from "../../parts/say-number.ts";
import { Note, Status, type Tone } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { navigate, useSearch, useTenant } from "../../router/location.ts";
import { paths } from "../../router/paths.ts";
import { flowTone } from "./outcomes.tsx";

/** Flows by what somebody has in their hand: a subject, an event's id, a correlation id. */
export function FlowsPage() {
  const [search] = useSearch();
  const q = search.get("q") ?? "";
  const tenantId = useTenant();
  const byId = useApi("/flows", { query: { id: q, tenantId }, when: q !== "" });
  const bySubject = useApi("/flows", { query: { subject: q, tenantId }, when: q !== "" });
  // What failed is what somebody looks for, and then what is not complete.
  const flows = [...(byId.data?.flows ?? []), ...(bySubject.data?.flows ?? [])].toSorted((a, b) => rank(a) - rank(b));
  const only =
    byId.isSuccess && bySubject.isSuccess && !byId.isPlaceholderData && !bySubject.isPlaceholderData && flows.length === 1;
  useEffect(() => {
    if (only) navigate(paths.flow(flows[0]!.correlationId), { replace: true });
  }, [only, flows]);
  return (
    <Page
      byTenant
      title="Flow"
      say="The story of one business event across all services: who published, who handled, what failed, and what is missing."
    >
      {q === "" ? (
        <Empty title="Which one?" command="throughline flow <id> --events <log>">
          Type an order's number, an event's id or a correlation id above (press <kbd>/</kbd>). On the command line:
        </Empty>
      ) : (
        <Answer of={byId}>
          {() => <Answer of={bySubject}>{({ blind }) => <Found q={q} flows={flows} blind={blind} />}</Answer>}
        </Answer>
      )}
    </Page>
  );
}

const Found = ({ q, flows, blind }: { readonly q: string; readonly flows: readonly Flow[]; readonly blind: string | null }) =>
  flows.length > 0 ? (
    <>
      <p role="status" className="soft">
        {counted(flows.length, "flow")} of <span className="mono">{q}</span>
      </p>
      <DataTable label="Flows" columns={columns} rows={flows} rowId={({ correlationId }) => correlationId} />
    </>
  ) : blind !== null ? (
    <Note tone="unknown">
      <p>
        Unknown: {blind}, so “{q}” may still come.
      </p>
    </Note>
  ) : (
    <Empty title={`No flow of “${q}”`}>
      No event on the log has it as its subject, its id or its correlation id. Ids and subjects are matched whole, with small and
      large letters as they are written.
    </Empty>
  );

const toneOf = (flow: Flow): Tone =>
  flowTone(
    flow,
    flow.events.flatMap(({ handlers }) => handlers),
  );

const ranks: Readonly<Record<Tone, number>> = { bad: 0, warn: 1, unknown: 1, calm: 2, good: 2 };
const rank = (flow: Flow): number => ranks[toneOf(flow)];

const columns: readonly TableColumn<Flow>[] = [
  {
    id: "flow",
    title: "Flow",
    cell: ({ correlationId, events }) => (
      <>
        <Link className="opens mono" to={paths.flow(correlationId)}>
          {correlationId}
        </Link>
        <div className="soft">{events[0]?.type}</div>
      </>
    ),
  },
  { id: "say", title: "What became of it", isLong: true, cell: ({ sentence }) => sentence },
  {
    id: "state",
    title: "State",
    cell: (flow) => {
      return <Status tone={toneOf(flow)}>{flow.blind !== null ? "Unknown" : flow.complete ? "Complete" : "Not complete"}</Status>;
    },
  },
  { id: "events", title: "Events", isNumber: true, cell: ({ events }) => events.length, sort: ({ events }) => events.length },
  {
    id: "began",
    title: "Began",
    cell: ({ events }) => (events[0] === undefined ? "—" : <Time at={events[0].timestampMs} />),
    sort: ({ events }) => events[0]?.timestampMs ?? 0,
  },
];
