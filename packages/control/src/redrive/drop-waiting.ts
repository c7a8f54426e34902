import { setImmediate as nextTurn } from "node:timers/promises";
import { countOf, type ItemState, type RedriveJob } from "./job.ts";
import type { JobStore } from "./job-store.ts";

const waiting: ReadonlySet<ItemState> = new Set(["waiting"]);

/** Whether a job that was cancelled still has something that was not asked for, and never will be. */
export const hasWaiting = (job: RedriveJob): boolean => countOf(job, waiting) > 0;

/** Drops all that a cancelled job has not asked for, in steps between which others are served. Whoever dies meanwhile is followed. */
export async function dropWaiting(jobs: JobStore, cancelled: RedriveJob): Promise<RedriveJob> {
  let job = cancelled;
  while (hasWaiting(job)) {
    await nextTurn();
    const less = await jobs.change(job.id, ["cancelled"], { dropWaiting: true });
    // Somebody else drops them as well, or has ended it.
    if (less === null || countOf(less, waiting) >= countOf(job, waiting)) return less ?? (await jobs.job(job.id)) ?? job;
    job = less;
  }
  return job;
}
