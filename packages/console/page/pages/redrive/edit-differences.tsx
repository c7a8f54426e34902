import type { EditCheck } from "../../api/answers.ts";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Note, Status } from "../../parts/status.tsx";

/** What an edit changes, value by value, and what its contract says of it. */
export const EditDifferences = ({ of: { differences, verdict, problems, checkedBy, why } }: { readonly of: EditCheck }) => (
  <>
    {differences.length === 0 ? (
      <p className="card">No value changes; only how it is written.</p>
    ) : (
      <DataTable label="Differences" columns={columns} rows={differences} rowId={({ pointer, kind }) => `${kind} ${pointer}`} />
    )}
    {verdict === "valid" && (
      <p>
        <Status tone="good">Matches its contract</Status>{" "}
        {checkedBy !== null && (
          <span className="soft">{`version ${checkedBy.version}, as ${checkedBy.service ?? "the registry"} has it`}</span>
        )}
      </p>
    )}
    {verdict === "unchecked" && (
      <Note tone="unknown">
        <p>Nobody can say whether it matches: {why ?? "no contract is known"}.</p>
      </Note>
    )}
    {verdict === "invalid" && (
      <Note tone="bad">
        <p>It does not match its contract:</p>
        <ul>
          {problems.map(({ pointer, message }) => (
            <li key={pointer + message}>
              <code>{pointer || "/"}</code> {message}
            </li>
          ))}
        </ul>
      </Note>
    )}
  </>
);

const signs = { added: "+ added", removed: "− removed", changed: "~ changed" } as const;

const columns: readonly TableColumn<EditCheck["differences"][number]>[] = [
  { id: "where", title: "Where", cell: ({ pointer }) => <strong className="mono">{pointer || "/"}</strong> },
  { id: "kind", title: "What", cell: ({ kind }) => signs[kind] },
  { id: "before", title: "Before", cell: ({ before }) => (before === null ? "—" : <del className="mono">{before}</del>) },
  { id: "after", title: "After", cell: ({ after }) => (after === null ? "—" : <ins className="mono">{after}</ins>) },
];
