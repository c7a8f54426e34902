import type { OpenProblem } from "../../api/api-types.ts";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Section } from "../../parts/page.tsx";
import { count, counted } from "../../parts/say-number.ts";
import { Status } from "../../parts/status.tsx";
import { Ago } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { actionPath } from "./action-path.ts";
import { Mine } from "./mine.tsx";
import { severities } from "./problem-words.ts";

export const OtherProblems = ({ of }: { readonly of: readonly OpenProblem[] }) => (
  <Section {...sayOthers(of)}>
    <DataTable label="Other problems" columns={columns} rows={of} rowId={({ id }) => id} />
  </Section>
);

function sayOthers(of: readonly OpenProblem[]): { readonly title: string; readonly about: string } {
  const wrong = of.filter(({ severity }) => severity !== "notice").length;
  const notices = counted(of.length - wrong, "notice");
  if (wrong === 0) return { title: "To know", about: `${notices}; nothing of it is broken` };
  const problems = counted(wrong, "more problem");
  return { title: "What else is wrong", about: wrong === of.length ? problems : `${problems}, ${notices}` };
}

const columns: readonly TableColumn<OpenProblem>[] = [
  {
    id: "what",
    title: "What",
    cell: ({ sentence, actions: [first] }) =>
      first === undefined ? (
        sentence
      ) : (
        <Link className="opens" to={actionPath(first)}>
          {sentence}
        </Link>
      ),
  },
  {
    id: "severity",
    title: "State",
    cell: ({ severity }) => <Status tone={severities[severity].tone}>{severities[severity].word}</Status>,
  },
  { id: "count", title: "How many", isNumber: true, cell: ({ count: many }) => (many === null ? "—" : count(many)) },
  { id: "trend", title: "Trend", cell: ({ trend }) => trend ?? "—" },
  { id: "since", title: "Since", cell: ({ sinceMs }) => (sinceMs === null ? "—" : <Ago at={sinceMs} />) },
  { id: "owner", title: "Owner", cell: ({ owner }) => owner ?? "nobody" },
  { id: "act", title: "Act", cell: (problem) => <Mine problem={problem} /> },
];
