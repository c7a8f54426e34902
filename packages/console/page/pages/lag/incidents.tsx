import type { Incident } from "../../api/api-types.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Pager } from "../../parts/pager.tsx";
import { duration } from "../../parts/say-time.ts";
import { Status } from "../../parts/status.tsx";
import { Ago, Time } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { useSearch } from "../../router/location.ts";
import { paths } from "../../router/paths.ts";
import { Acknowledge } from "./acknowledge.tsx";
import { sayIncident } from "./say-lag.ts";

/** Incidents of all groups, or of one. */
export function Incidents({ group }: { readonly group?: string }) {
  const [search] = useSearch();
  const answer = useApi("/incidents", { query: { group, limit: 20, cursor: search.get("cursor") ?? undefined } });
  return (
    <Answer of={answer}>
      {({ items, next }) =>
        items.length > 0 ? (
          <>
            <DataTable label="Incidents" columns={columns} rows={items} rowId={({ id }) => id} sortName="by" />
            <Pager next={next} />
          </>
        ) : (
          <Empty title="No incident">
            When a group passes its limit (10,000 events unless a rule says otherwise) or stops reading, or events of a service
            fail for good, it stands here once, with how bad it became, who was told, and when it ended.
          </Empty>
        )
      }
    </Answer>
  );
}

/** Where an alert of it leads, too. */
function pathOf(group: string, causes: readonly string[] | undefined): string {
  if (causes === undefined) return paths.lagGroup(group);
  return causes.length === 1 ? paths.failureGroup(causes[0]!) : paths.failures({ service: group });
}

const columns: readonly TableColumn<Incident>[] = [
  {
    id: "group",
    title: "Group",
    cell: ({ group, failures }) => (
      <Link className="opens mono" to={pathOf(group, failures?.causes)}>
        {group}
      </Link>
    ),
  },
  {
    id: "state",
    title: "State",
    cell: ({ endedAtMs, endedBy, acknowledgement }) =>
      endedAtMs !== null ? (
        <>
          <Status tone="good">Ended</Status>
          <div className="soft">{endedBy}</div>
        </>
      ) : acknowledgement !== null ? (
        <>
          <Status tone="warn">Taken by {acknowledgement.by}</Status>
          <div className="soft">{acknowledgement.note}</div>
        </>
      ) : (
        <Status tone="bad">Open</Status>
      ),
  },
  { id: "what", title: "What", cell: sayIncident },
  { id: "began", title: "Began", cell: ({ openedAtMs }) => <Time at={openedAtMs} />, sort: ({ openedAtMs }) => openedAtMs },
  {
    id: "took",
    title: "Lasted",
    cell: ({ openedAtMs, endedAtMs }) => (endedAtMs === null ? <Ago at={openedAtMs} /> : duration(endedAtMs - openedAtMs)),
  },
  {
    id: "told",
    title: "Told",
    cell: ({ toldChannels }) => (toldChannels.length === 0 ? "nobody yet" : toldChannels.join(", ")),
  },
  { id: "act", title: "Act", cell: (incident) => <Acknowledge incident={incident} /> },
];
