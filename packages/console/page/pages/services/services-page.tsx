import type { AnswerOf } from "../../api/answers.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Page } from "../../parts/page.tsx";
import { count } from "../../parts/say-number.ts";
import { Note, Status } from "../../parts/status.tsx";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";
import { sayBehindMs } from "../lag/say-lag.ts";
import { serviceState } from "./service-words.ts";

type Summary = AnswerOf<"/services">["items"][number];

/** Every service that announced itself. */
export function ServicesPage() {
  const answer = useApi("/services");
  return (
    <Page
      byTenant="services work for all tenants, and what they say of themselves is of all."
      title="Services"
      say="Every service that announced itself on the log: what runs, how far behind, what failed."
      actions={
        <Link className="button" to={paths.map()}>
          Map
        </Link>
      }
    >
      <Answer of={answer}>
        {({ items, blind }) => (
          <>
            {blind !== null && (
              <Note tone="unknown">
                <p>Unknown: {blind}.</p>
              </Note>
            )}
            {items.length > 0 ? (
              <DataTable label="Services" columns={columns} rows={items} rowId={({ service }) => service} />
            ) : (
              <Empty title="No service has announced itself" command="throughline new service billing">
                A service tells the log that it runs, which version, and what it handles; then it stands here. To make one:
              </Empty>
            )}
          </>
        )}
      </Answer>
    </Page>
  );
}

const columns: readonly TableColumn<Summary>[] = [
  {
    id: "service",
    title: "Service",
    cell: ({ service, owner }) => (
      <>
        <Link className="opens mono" to={paths.service(service)}>
          {service}
        </Link>
        <div className="soft">{owner ?? "no owner told"}</div>
      </>
    ),
    sort: ({ service }) => service,
  },
  {
    id: "state",
    title: "State",
    cell: (summary) => {
      const { tone, word } = serviceState(summary);
      return <Status tone={tone}>{word}</Status>;
    },
    sort: (summary) => serviceState(summary).word,
  },
  { id: "version", title: "Version", cell: ({ versions }) => <span className="mono">{versions.join(", ") || "—"}</span> },
  {
    id: "instances",
    title: "Instances",
    isNumber: true,
    cell: ({ instances }) => count(instances),
    sort: ({ instances }) => instances,
  },
  {
    id: "handlers",
    title: "Handlers live",
    isNumber: true,
    cell: ({ handlers, notLive }) => `${handlers - notLive} / ${handlers}`,
    sort: ({ notLive }) => notLive,
  },
  {
    id: "behind",
    title: "Behind",
    isNumber: true,
    cell: ({ behind, behindMs }) =>
      behind === null ? "unknown" : `${count(behind)}${behindMs === null || behind === 0 ? "" : `, ${sayBehindMs(behindMs)}`}`,
    sort: ({ behind }) => behind ?? -1,
  },
  { id: "parked", title: "Parked", isNumber: true, cell: ({ parked }) => count(parked), sort: ({ parked }) => parked },
  {
    id: "failed",
    title: "Failed",
    isNumber: true,
    cell: ({ unanswered }) => count(unanswered),
    sort: ({ unanswered }) => unanswered,
  },
  {
    id: "outbox",
    title: "Outbox",
    isNumber: true,
    cell: ({ outboxWaiting }) => (outboxWaiting === null ? "unknown" : count(outboxWaiting)),
    sort: ({ outboxWaiting }) => outboxWaiting ?? -1,
  },
];
