import type { AuditEntry } from "../../api/api-types.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { TextField } from "../../parts/field.tsx";
import { Page } from "../../parts/page.tsx";
import { Pager } from "../../parts/pager.tsx";
import { Note } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { useSearch } from "../../router/location.ts";
import { paths } from "../../router/paths.ts";

const fields = [
  ["service", "Service"],
  ["handler", "Handler"],
  ["action", "Action"],
  ["by", "By"],
] as const;

/** Who asked for what, as it stands in the log. */
export function AuditPage() {
  const [search, change] = useSearch();
  const filters = Object.fromEntries(fields.map(([name]) => [name, search.get(name) || undefined]));
  const answer = useApi("/audit", { query: { ...filters, cursor: search.get("cursor") ?? undefined } });
  return (
    <Page
      byTenant="the audit says who did what; it knows no tenants."
      title="Audit"
      say="Who asked for what, and why. It stands in the log, was written before it was done, and cannot be changed."
    >
      <div className="filters">
        {fields.map(([name, label]) => (
          <TextField
            key={name}
            label={label}
            value={search.get(name) ?? ""}
            onChange={(text) => change({ [name]: text, cursor: undefined })}
          />
        ))}
      </div>
      <Answer of={answer}>
        {({ items, next, blind }) => (
          <>
            {blind !== null && (
              <Note tone="unknown">
                <p>Unknown: {blind}. More may have been asked for.</p>
              </Note>
            )}
            {items.length > 0 ? (
              <>
                <DataTable label="What was asked for" columns={columns} rows={items} rowId={rowId} />
                <Pager next={next} />
              </>
            ) : (
              <Empty title="Nobody asked for anything" command="throughline redrive --service <service>">
                Whatever somebody asks of a service stands here, from this page or from the command line: redrives, pauses,
                silences, users. Such as:
              </Empty>
            )}
          </>
        )}
      </Answer>
    </Page>
  );
}

const rowId = ({ atMs, action, id, failureId, jobId, about, detail }: AuditEntry): string =>
  [atMs, action, id, failureId, jobId, about, detail].join(" ");

const columns: readonly TableColumn<AuditEntry>[] = [
  {
    id: "what",
    title: "What",
    cell: ({ action, detail }) => (
      <>
        <strong>{action}</strong>
        {detail !== null && <div className="soft">{detail}</div>}
      </>
    ),
  },
  { id: "by", title: "By", cell: ({ by }) => by },
  { id: "why", title: "Why", cell: ({ reason }) => reason ?? "—" },
  {
    id: "of",
    title: "Of",
    cell: ({ service, handler, about }) =>
      service === null ? (
        (about ?? "—")
      ) : (
        <Link className="mono" to={paths.service(service)}>
          {handler === null ? service : `${service}/${handler}`}
        </Link>
      ),
  },
  {
    id: "see",
    title: "See",
    cell: ({ failureId, jobId }) => (
      <>
        {failureId !== null && <Link to={paths.failure(failureId)}>failure</Link>}
        {failureId !== null && jobId !== null && ", "}
        {jobId !== null && <Link to={paths.job(jobId)}>job</Link>}
        {failureId === null && jobId === null && "—"}
      </>
    ),
  },
  { id: "outcome", title: "Outcome", cell: ({ outcome }) => outcome ?? "—" },
  { id: "at", title: "When", cell: ({ atMs }) => <Time at={atMs} /> },
];
