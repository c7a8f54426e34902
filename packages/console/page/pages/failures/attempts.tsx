import type { WholeFailure } from "../../api/answers.ts";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Section } from "../../parts/page.tsx";
import { duration } from "../../parts/say-time.ts";
import { Time } from "../../parts/time.tsx";

type Attempt = WholeFailure["attempts"][number] & { readonly number: number };

/** Each time that the handler tried. */
export const Attempts = ({ of }: { readonly of: WholeFailure["attempts"] }) =>
  of.length === 0 ? null : (
    <Section title="Attempts" about="oldest first">
      <DataTable
        label="Attempts"
        columns={columns}
        rows={of.map((attempt, at) => ({ ...attempt, number: at + 1 }))}
        rowId={({ number }) => String(number)}
        sortName="attempts"
      />
    </Section>
  );

const columns: readonly TableColumn<Attempt>[] = [
  { id: "number", title: "Attempt", cell: ({ number }) => <strong>{number}</strong> },
  { id: "at", title: "Began", cell: ({ startedAtMs }) => <Time at={startedAtMs} /> },
  {
    id: "took",
    title: "Took",
    isNumber: true,
    cell: ({ startedAtMs, endedAtMs }) => (endedAtMs === null ? "never ended" : duration(endedAtMs - startedAtMs)),
  },
  { id: "version", title: "Version", cell: ({ version }) => <span className="mono">{version}</span> },
  { id: "instance", title: "Instance", cell: ({ instance }) => <span className="mono">{instance}</span> },
  {
    id: "error",
    title: "Error",
    cell: ({ error }) =>
      error === null ? "none" : <span className="clip">{`${error.code ?? error.name}: ${error.message}`}</span>,
  },
];
