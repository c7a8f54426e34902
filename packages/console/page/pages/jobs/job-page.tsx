import type { RedriveJob } from "../../api/answers.ts";
import { useApi } from "../../api/use-api.ts";
import { useLive } from "../../api/use-live.ts";
import { Answer } from "../../parts/answer.tsx";
import { Facts, Figures } from "../../parts/facts.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { count } from "../../parts/say-number.ts";
import { Status } from "../../parts/status.tsx";
import { BothTimes } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import type { PathParts } from "../../router/match-route.ts";
import { paths } from "../../router/paths.ts";
import { nameOf } from "../redrive/say-plan.ts";
import { JobOrders } from "./job-orders.tsx";
import { JobResults } from "./job-results.tsx";
import { answeredOf, failedOf, jobStates, sayJob } from "./job-words.ts";

/** One job, as it goes on: its progress, what can be done, what became of each event. */
export function JobPage({ parts }: { readonly parts: PathParts }) {
  const id = parts["id"]!;
  const answer = useApi("/jobs/{id}", { path: { id }, everyMs: 5_000 });
  const job = answer.data;
  useLive("/jobs/{id}/live", "job", "/jobs/{id}", { path: { id } }, job !== undefined && job.endedAtMs === null);
  return (
    <Page
      byTenant="a job is what somebody confirmed, of whichever tenants."
      title={job === undefined ? "Job" : `${job.action === "discard" ? "Discard" : "Redrive"} of ${count(job.total)}`}
      above={
        <>
          <Link to={paths.jobs()}>Jobs</Link> / <span className="mono">{id}</span>
        </>
      }
      actions={job && <Status tone={jobStates[job.state].tone}>{jobStates[job.state].word}</Status>}
    >
      <Answer of={answer}>{(one) => <Whole of={one} />}</Answer>
      {job && <JobResults job={job} />}
    </Page>
  );
}

const Whole = ({ of: job }: { readonly of: RedriveJob }) => {
  const answered = answeredOf(job);
  const bad = failedOf(job);
  const tone = bad > 0 && job.state === "done" ? "bad" : jobStates[job.state].tone;
  return (
    <>
      <div className={`lead tone-${tone}`}>
        <p className="sentence" role="status">
          {sayJob(job)}
        </p>
        <progress max={Math.max(1, job.total)} value={answered} aria-label="Answered" />
        <div className="row">
          <JobOrders job={job} />
        </div>
      </div>
      <Figures
        of={[
          ["Answered", `${count(answered)} / ${count(job.total)}`],
          ["Applied", count((job.counts.applied ?? 0) + (job.counts.duplicate ?? 0))],
          ["Failed again", count(bad)],
          ["Asked for", count(job.next)],
          ["At most", job.ratePerSecond === null ? "no limit" : `${count(job.ratePerSecond)}/s`],
        ]}
      />
      <Section title="What was asked for">
        <div className="card">
          <Facts
            of={[
              [
                "Of",
                <span key="of" className="mono">
                  {job.consumers.map(nameOf).join(", ")}
                </span>,
              ],
              ["By", job.by],
              ["Why", job.reason],
              ["In stages", job.stages.length === 0 ? "no: all at once" : `${job.stages.map(count).join(", ")}, then the rest`],
              ["Stops after", job.stopAfterFailures === null ? null : `${count(job.stopAfterFailures)} that fail again`],
              ["Began", <BothTimes key="began" at={job.startedAtMs} />],
              ["Ended", job.endedAtMs === null ? null : <BothTimes key="ended" at={job.endedAtMs} />],
            ]}
          />
        </div>
      </Section>
    </>
  );
};
