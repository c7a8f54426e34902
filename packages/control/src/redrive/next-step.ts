import { countOf, failedStates, type ItemState, type RedriveJob } from "./job.ts";

/** What a running job does next. */
export type NextStep =
  | { readonly do: "send"; readonly most: number }
  | { readonly do: "wait" }
  | { readonly do: "advance" }
  | { readonly do: "stop"; readonly problem: string }
  | { readonly do: "end" };

const underWay: ReadonlySet<ItemState> = new Set(["asked", "accepted", "failing"]);

/** How many events of a job are asked for by the end of a stage. */
export function stageEnd({ stages, total }: Pick<RedriveJob, "stages" | "total">, stage: number): number {
  if (stage >= stages.length) return total;
  return Math.min(
    total,
    stages.slice(0, stage + 1).reduce((sum, size) => sum + size, 0),
  );
}

/** The stage of a canary that is asked for, and the next only when all of it is answered, and no more failed anew than may. */
export function nextStep(job: RedriveJob): NextStep {
  const failures = countOf(job, failedStates);
  if (job.stopAfterFailures !== null && failures - job.forgiven >= job.stopAfterFailures)
    return { do: "stop", problem: whyStopped(job, failures - job.forgiven) };
  const end = stageEnd(job, job.stage);
  if (job.next < end) return { do: "send", most: end - job.next };
  if (countOf(job, underWay) > 0) return { do: "wait" };
  return end < job.total ? { do: "advance" } : { do: "end" };
}

function whyStopped(job: RedriveJob, failures: number): string {
  const { dead = 0, refused = 0 } = job.counts;
  const notSent = job.counts["not-sent"] ?? 0;
  const parts = [
    ...(dead > 0 ? [`${dead} failed for good again`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(notSent > 0 ? [`${notSent} not taken by the log`] : []),
  ];
  const where = job.stages.length === 0 ? "" : job.stage < job.stages.length ? ` in stage ${job.stage + 1}` : " in the rest";
  const since = failures === dead + refused + notSent ? "" : `, ${failures} of them since it was let go on`;
  return `it stopped by itself${where}: of ${job.next} asked for, ${parts.join(", ")}${since}; look at them, then let it go on, or cancel it`;
}
