import { useEffect } from "react";
import type { SearchHit } from "../../api/answers.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Page } from "../../parts/page.tsx";
import { Note } from "../../parts/status.tsx";
import { Link } from "../../router/link.tsx";
import { navigate, useSearch, useTenant } from "../../router/location.ts";
import { hitPath } from "./hit-path.ts";

/** Whatever a text may mean. */
export function SearchPage() {
  const [search] = useSearch();
  const q = search.get("q") ?? "";
  const answer = useApi("/search", { query: { q, tenantId: useTenant() }, when: q !== "" });
  const hits = answer.isPlaceholderData ? [] : (answer.data?.hits ?? []);
  const exact = hits.filter(({ isExact }) => isExact);
  // Who asks for one thing by its whole name wants to be there.
  const only = exact.length === 1 && hits.length === 1 ? exact[0]! : null;
  useEffect(() => {
    if (only !== null) navigate(hitPath(only), { replace: true });
  }, [only]);
  return (
    <Page
      byTenant="services, handlers, types and topics are found for all tenants."
      title={q === "" ? "Search" : `“${q}”`}
      say="Failures, events, flows, subjects, types, services and groups that it may mean."
    >
      {q === "" ? (
        <Empty title="What are you looking for?">
          Type an order's number, an event's id, a correlation id, a service or a part of an error above (press <kbd>/</kbd>).
        </Empty>
      ) : (
        <Answer of={answer}>{({ blind }) => <Hits q={q} hits={hits} blind={blind} />}</Answer>
      )}
    </Page>
  );
}

interface HitsProps {
  readonly q: string;
  readonly hits: readonly SearchHit[];
  readonly blind: string | null;
}

const Hits = ({ q, hits, blind }: HitsProps) => (
  <>
    {blind !== null && (
      <Note tone="unknown">
        <p>
          Unknown: {blind}, so more may mean “{q}”.
        </p>
      </Note>
    )}
    {hits.length > 0 ? (
      <DataTable label="Hits" columns={columns} rows={hits} rowId={({ kind, id }) => `${kind} ${id}`} />
    ) : (
      blind === null && (
        <Empty title={`Nothing is known as “${q}”`}>
          Ids of failures are matched from their beginning, ids of events and flows and subjects as a whole, with small and large
          letters as they are written. A number is sought as a topic's, too: <span className="mono">4711</span> finds{" "}
          <span className="mono">order-4711</span>.
        </Empty>
      )
    )}
  </>
);

const columns: readonly TableColumn<SearchHit>[] = [
  {
    id: "what",
    title: "What",
    cell: (hit) => (
      <>
        <Link className="opens" to={hitPath(hit)}>
          {hit.title}
        </Link>
        {hit.detail !== null && <div className="soft clip">{hit.detail}</div>}
      </>
    ),
  },
  { id: "kind", title: "Kind", cell: ({ kind }) => kind.replace("failure-group", "cause of failures"), sort: ({ kind }) => kind },
  { id: "service", title: "Service", cell: ({ service }) => service ?? "—" },
];
