import type { AnswerOf } from "../../api/answers.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Page } from "../../parts/page.tsx";
import { Pager } from "../../parts/pager.tsx";
import { count } from "../../parts/say-number.ts";
import { Status } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { useSearch } from "../../router/location.ts";
import { paths } from "../../router/paths.ts";
import { nameOf } from "../redrive/say-plan.ts";
import { answeredOf, failedOf, jobStates, sayJob } from "./job-words.ts";

type Job = AnswerOf<"/jobs">["items"][number];

/** Redrives and discards that were confirmed. */
export function JobsPage() {
  const [search] = useSearch();
  const answer = useApi("/jobs", { query: { cursor: search.get("cursor") ?? undefined, limit: 50 }, everyMs: 2_000 });
  return (
    <Page
      title="Jobs"
      say="Redrives and discards that somebody confirmed, and what came of them."
      byTenant="a job is what somebody confirmed, of whichever tenants."
    >
      <Answer of={answer}>
        {({ items, next }) =>
          items.length > 0 ? (
            <>
              <DataTable label="Jobs" columns={columns} rows={items} rowId={({ id }) => id} />
              <Pager next={next} />
            </>
          ) : (
            <Empty title="No job was confirmed" command="throughline redrive --service <service> --dry-run">
              When failed events are redriven or discarded, the job stands here with its progress and what became of each event. A
              redrive begins at its cause, under Failures; or on the command line:
            </Empty>
          )
        }
      </Answer>
    </Page>
  );
}

const columns: readonly TableColumn<Job>[] = [
  {
    id: "what",
    title: "Job",
    cell: ({ id, action, consumers, isEdit }) => (
      <>
        <Link className="opens" to={paths.job(id)}>
          {action === "discard" ? "Discard" : isEdit ? "Edit and redrive" : "Redrive"}
        </Link>
        <div className="soft mono">{consumers.map(nameOf).join(", ")}</div>
      </>
    ),
  },
  { id: "state", title: "State", cell: ({ state }) => <Status tone={jobStates[state].tone}>{jobStates[state].word}</Status> },
  { id: "say", title: "How far", isLong: true, cell: sayJob },
  { id: "answered", title: "Answered", isNumber: true, cell: (job) => `${count(answeredOf(job))} / ${count(job.total)}` },
  { id: "failed", title: "Failed again", isNumber: true, cell: (job) => count(failedOf(job)) },
  {
    id: "when",
    title: "Began",
    cell: ({ startedAtMs, by, reason }) => (
      <>
        <Time at={startedAtMs} />
        <div className="soft">{`by ${by}${reason === null ? "" : `: ${reason}`}`}</div>
      </>
    ),
    sort: ({ startedAtMs }) => startedAtMs,
  },
];
