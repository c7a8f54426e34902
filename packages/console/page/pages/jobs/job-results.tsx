import { useEffect } from "react";
import type { AnswerOf, RedriveJob } from "../../api/answers.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Choice } from "../../parts/field.tsx";
import { Section } from "../../parts/page.tsx";
import { Pager } from "../../parts/pager.tsx";
import { count } from "../../parts/say-number.ts";
import { Status } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { useSearch } from "../../router/location.ts";
import { paths } from "../../router/paths.ts";
import { itemWord } from "./job-words.ts";

type Item = AnswerOf<"/jobs/{id}/results">["items"][number];

/** What became of each event. */
export function JobResults({ job }: { readonly job: RedriveJob }) {
  const [search, change] = useSearch();
  const state = search.get("state") ?? "";
  const counts = Object.entries(job.counts).filter(([, many]) => (many ?? 0) > 0);
  const choices = Object.fromEntries([
    ["", `All ${count(job.total)}`],
    ...counts.map(([one, many]) => [one, `${itemWord(one).word}: ${count(many ?? 0)}`]),
  ]);
  const answer = useApi("/jobs/{id}/results", {
    path: { id: job.id },
    query: { state: state in choices ? state : "", cursor: search.get("cursor") ?? undefined },
    everyMs: job.endedAtMs === null ? 2_000 : 0,
  });
  // The job is told live; what it says of events is asked for when it has changed, its end too.
  const { refetch } = answer;
  const told = JSON.stringify(job.counts);
  useEffect(() => void refetch(), [refetch, told]);
  return (
    <Section
      title="Results"
      about="in the order in which they are asked for"
      actions={
        <Choice
          label="Show"
          value={state in choices ? state : ""}
          choices={choices}
          onChange={(next) => change({ state: next, cursor: undefined })}
        />
      }
    >
      <Answer of={answer}>
        {({ items, next }) =>
          items.length > 0 ? (
            <>
              <DataTable label="Results" columns={columns} rows={items} rowId={({ failureId }) => failureId} />
              <Pager next={next} />
            </>
          ) : (
            <Empty title="None is so">Show all to see the others.</Empty>
          )
        }
      </Answer>
    </Section>
  );
}

/** Where one sees that it is mended. */
const FlowsOf = ({ subject }: { readonly subject: string }) => (
  <>
    <span className="mono">{subject}</span>, <Link to={paths.flows({ q: subject })}>its flows</Link>
  </>
);

const columns: readonly TableColumn<Item>[] = [
  {
    id: "event",
    title: "Event",
    cell: ({ failureId, type, subject }) => (
      <>
        <Link className="opens mono" to={paths.failure(failureId)}>
          {type ?? "unreadable record"}
        </Link>
        <div className="soft">{subject === null ? "no subject" : <FlowsOf subject={subject} />}</div>
      </>
    ),
  },
  {
    id: "state",
    title: "Result",
    cell: ({ state }) => <Status tone={itemWord(state).tone}>{itemWord(state).word}</Status>,
  },
  {
    id: "detail",
    title: "What its service said",
    isLong: true,
    cell: ({ detail }) => <span className="clip">{detail ?? "—"}</span>,
  },
  { id: "asked", title: "Asked", cell: ({ askedAtMs }) => (askedAtMs === null ? "not yet" : <Time at={askedAtMs} />) },
  {
    id: "answered",
    title: "Answered",
    cell: ({ answeredAtMs }) => (answeredAtMs === null ? "not yet" : <Time at={answeredAtMs} />),
  },
];
