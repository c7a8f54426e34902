import type { ServiceMap } from "../../api/answers.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Choice } from "../../parts/field.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { count } from "../../parts/say-number.ts";
import { Note, Status } from "../../parts/status.tsx";
import { Link } from "../../router/link.tsx";
import { useSearch, useTenant } from "../../router/location.ts";
import { paths } from "../../router/paths.ts";
import { healths } from "./health-words.ts";
import { MapGraph } from "./map-graph.tsx";

const windows = { "5": "5 minutes", "60": "1 hour", "1440": "1 day" } as const;
type Window = keyof typeof windows;

/** Who publishes what to whom, how much, and how well that goes. */
export function MapPage() {
  const [search, change] = useSearch();
  const asked = search.get("minutes") ?? "60";
  const minutes = (asked in windows ? asked : "60") as Window;
  const answer = useApi("/map", { query: { windowMs: Number(minutes) * 60_000, tenantId: useTenant() } });
  return (
    <Page
      byTenant="rates and lag are of all tenants. Failures, and the health that follows from them, are its alone."
      title="Map"
      say="Who publishes what to whom. A line's word and colour say how well it goes."
      actions={<Choice label="Counted over" value={minutes} choices={windows} onChange={(text) => change({ minutes: text })} />}
    >
      <Answer of={answer}>{(map) => <Whole of={map} />}</Answer>
    </Page>
  );
}

const Whole = ({ of: map }: { readonly of: ServiceMap }) =>
  map.nodes.length === 0 ? (
    <Empty title="Nobody is on the map" command="npm run demo">
      Services stand here once they announced themselves, with a line for every type of event that goes from one to another:
    </Empty>
  ) : (
    <>
      {map.blind !== null && (
        <Note tone="unknown">
          <p>Unknown: {map.blind}.</p>
        </Note>
      )}
      <MapGraph map={map} />
      <Section title="Lines" about="the same in words">
        <DataTable
          label="Lines of the map"
          columns={columns}
          rows={map.edges}
          rowId={({ from, to, handler, type }) => `${from} ${type} ${to}/${handler}`}
        />
      </Section>
      {map.unheard.length > 0 && (
        <Section title="Unheard" about="published, and nobody handles it">
          <ul className="card pairs">
            {map.unheard.map(({ from, type, events }) => (
              <li key={`${from} ${type}`}>
                <span>
                  <span className="mono">{type}</span> from {from}
                </span>
                <span className="number">{count(events)}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );

const columns: readonly TableColumn<ServiceMap["edges"][number]>[] = [
  {
    id: "type",
    title: "Events",
    cell: ({ type, from }) => (
      <>
        <strong className="mono">{type}</strong>
        <div className="soft">from {from}</div>
      </>
    ),
    sort: ({ type }) => type,
  },
  {
    id: "to",
    title: "To",
    // What goes to services that whoever looks may not see names no handler, and leads nowhere.
    cell: ({ to, handler }) =>
      handler === "" ? (
        <span className="soft">{to}</span>
      ) : (
        <Link className="mono" to={paths.service(to)}>
          {to}/{handler}
        </Link>
      ),
    sort: ({ to, handler }) => `${to}/${handler}`,
  },
  {
    id: "health",
    title: "Health",
    isLong: true,
    cell: ({ health, why }) => (
      <>
        <Status tone={healths[health].tone}>{healths[health].word}</Status>
        {why !== null && <div className="soft">{why}</div>}
      </>
    ),
    sort: ({ health }) => health,
  },
  { id: "events", title: "How many", isNumber: true, cell: ({ events }) => count(events), sort: ({ events }) => events },
  {
    id: "rate",
    title: "A second",
    isNumber: true,
    cell: ({ perSecond }) => perSecond.toFixed(2),
    sort: ({ perSecond }) => perSecond,
  },
  {
    id: "behind",
    title: "Behind",
    isNumber: true,
    cell: ({ behind }) => (behind === null ? "unknown" : count(behind)),
    sort: ({ behind }) => behind ?? -1,
  },
];
