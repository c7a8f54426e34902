import type { AnswerOf } from "../../api/answers.ts";
import { apiUrl } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Page } from "../../parts/page.tsx";
import { count } from "../../parts/say-number.ts";
import { Note } from "../../parts/status.tsx";
import { Ago } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";
import { DriftStatus } from "./drift-status.tsx";

type Entry = AnswerOf<"/catalogue">["items"][number];

/** Every type of event that is declared or seen. */
export function CataloguePage() {
  const answer = useApi("/catalogue", { everyMs: 15_000 });
  return (
    <Page
      byTenant="contracts are the same for all tenants, and so are their counts."
      title="Catalogue"
      say="Every type of event: who publishes it, who reads it, in which versions, and where what is declared and what is seen differ."
      actions={
        <>
          <a className="button" href={apiUrl("/catalogue/asyncapi.json")} download="asyncapi.json">
            AsyncAPI
          </a>
          <a className="button" href={apiUrl("/catalogue/xregistry.json")} download="xregistry.json">
            CloudEvents registry
          </a>
        </>
      }
    >
      <Answer of={answer}>
        {({ items, blind }) => (
          <>
            {blind !== null && (
              <Note tone="unknown">
                <p>Unknown: {blind}. What was never seen may have come.</p>
              </Note>
            )}
            {items.length > 0 ? (
              <DataTable label="Types of events" columns={columns} rows={items} rowId={({ type }) => type} />
            ) : (
              <Empty title="No type of event is known" command="throughline contracts push">
                A type stands here once a service announces that it publishes it, or an event of it comes. Contracts are published
                by:
              </Empty>
            )}
          </>
        )}
      </Answer>
    </Page>
  );
}

const columns: readonly TableColumn<Entry>[] = [
  {
    id: "type",
    title: "Type",
    cell: ({ type, owner }) => (
      <>
        <Link className="opens mono" to={paths.contract(type)}>
          {type}
        </Link>
        <div className="soft">{owner ?? "no owner told"}</div>
      </>
    ),
    sort: ({ type }) => type,
  },
  { id: "drift", title: "As declared", cell: ({ drift }) => <DriftStatus of={drift} />, sort: ({ drift }) => drift.length },
  { id: "from", title: "Published by", cell: ({ publishers }) => publishers.join(", ") || "nobody declared" },
  {
    id: "readers",
    title: "Read by",
    isNumber: true,
    cell: ({ readers }) => count(readers.length),
    sort: ({ readers }) => readers.length,
  },
  {
    id: "versions",
    title: "Versions",
    cell: ({ versions }) => versions.map(({ version }) => version).join(", ") || "none",
  },
  { id: "count", title: "Events", isNumber: true, cell: (entry) => count(entry.count), sort: (entry) => entry.count },
  {
    id: "rate",
    title: "A second",
    isNumber: true,
    cell: ({ perSecond }) => perSecond.toFixed(2),
    sort: ({ perSecond }) => perSecond,
  },
  {
    id: "last",
    title: "Last",
    cell: ({ lastMs }) => (lastMs === null ? "never" : <Ago at={lastMs} />),
    sort: ({ lastMs }) => lastMs ?? 0,
  },
];
