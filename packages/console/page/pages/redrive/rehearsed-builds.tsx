import type { RehearsedBuild } from "../../api/answers.ts";
import { useApi } from "../../api/use-api.ts";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Section } from "../../parts/page.tsx";
import { count } from "../../parts/say-number.ts";
import { Ago } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";

interface Of {
  readonly service: string;
  /** Only of failures of this cause. */
  readonly group?: string;
  /** None that is older. */
  readonly sinceMs?: number;
}

/** What came of failures in rehearsals of builds of their service; nothing where there was none. */
export function RehearsedBuilds({ service, group, sinceMs }: Of) {
  const { data } = useApi("/rehearsed-builds", {
    query: { service, ...(group !== undefined && { group }), ...(sinceMs !== undefined && { sinceMs }) },
    everyMs: 15_000,
  });
  if (data === undefined || data.items.length === 0) return null;
  return (
    <Section title="Rehearsed builds" about="run on these failures, and rolled back">
      <ul className="card stack">
        {data.items.map((build) => (
          <li key={build.id}>
            <RehearsedSentence of={build} />
          </li>
        ))}
      </ul>
      <Others of={data.items[0]!} />
    </Section>
  );
}

const RehearsedSentence = ({ of: { version, atMs, by, counts } }: { readonly of: RehearsedBuild }) => (
  <>
    Build <span className="mono">{version}</span> was rehearsed <Ago at={atMs} /> by {by}:{" "}
    <strong>
      {count(counts.passed)} of {count(counts.letters)} would pass
    </strong>
    {counts.calls > 0 && `, and ${count(counts.calls)} would make a call, which no rehearsal makes`}.
  </>
);

const Others = ({ of: { version, others } }: { readonly of: RehearsedBuild }) =>
  others.length === 0 ? null : (
    <DataTable
      label={`What would not pass in build ${version}`}
      columns={columns}
      rows={others}
      rowId={({ failureId }) => failureId}
    />
  );

const columns: readonly TableColumn<RehearsedBuild["others"][number]>[] = [
  {
    id: "failure",
    title: "Failure",
    cell: ({ failureId }) => <Link to={paths.failure(failureId)}>{failureId.slice(0, 13)}</Link>,
  },
  { id: "outcome", title: "It", cell: ({ outcome }) => words[outcome] ?? outcome },
  { id: "why", title: "Why", isLong: true, cell: ({ why }) => why },
];

const words: Readonly<Record<string, string>> = {
  failed: "would fail",
  calls: "would make a call",
  waits: "would wait",
  refused: "would be refused",
  unknown: "is not known",
};
