import type { LoggedRecord } from "../../api/api-types.ts";
import type { TableColumn } from "../../parts/data-table.tsx";
import { count } from "../../parts/say-number.ts";
import { sayPlace } from "../../parts/say-place.ts";
import { Time } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";

export const eventColumns: readonly TableColumn<LoggedRecord>[] = [
  {
    id: "type",
    title: "Event",
    cell: (record) => (
      <>
        <Link className="opens mono" to={paths.event(record)}>
          {record.event?.type ?? "no event"}
        </Link>
        <div className="soft mono">{record.event?.subject ?? "no subject"}</div>
      </>
    ),
  },
  { id: "at", title: "Written", cell: ({ timestampMs }) => <Time at={timestampMs} /> },
  { id: "from", title: "From", cell: ({ event }) => event?.source ?? "unknown" },
  { id: "tenant", title: "Tenant", cell: ({ event }) => event?.tenantId ?? "none" },
  {
    id: "flow",
    title: "Flow",
    cell: ({ event }) => (event === null ? "none" : <Link to={paths.flow(event.correlationId ?? event.id)}>its story</Link>),
  },
  { id: "place", title: "In the log at", cell: (record) => <span className="mono">{sayPlace(record)}</span> },
  { id: "bytes", title: "Bytes", isNumber: true, cell: ({ bytes }) => count(bytes) },
];
