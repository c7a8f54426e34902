import type { RedriveJob } from "../../api/answers.ts";
import { count, counted } from "../../parts/say-number.ts";
import type { Tone } from "../../parts/tone.ts";

interface Word {
  readonly tone: Tone;
  readonly word: string;
}

export const jobStates: Readonly<Record<RedriveJob["state"], Word>> = {
  running: { tone: "calm", word: "Running" },
  paused: { tone: "calm", word: "Paused" },
  stopped: { tone: "bad", word: "Stopped by itself" },
  cancelled: { tone: "calm", word: "Cancelled" },
  done: { tone: "good", word: "Done" },
};

const words: Readonly<Record<string, Word>> = {
  waiting: { tone: "calm", word: "Not asked yet" },
  asked: { tone: "warn", word: "Asked" },
  accepted: { tone: "warn", word: "In its place" },
  failing: { tone: "warn", word: "Being retried" },
  applied: { tone: "good", word: "Applied" },
  duplicate: { tone: "good", word: "Was applied before" },
  stale: { tone: "calm", word: "Stale" },
  discarded: { tone: "calm", word: "Discarded" },
  dead: { tone: "bad", word: "Dead again" },
  refused: { tone: "bad", word: "Refused" },
  "not-sent": { tone: "bad", word: "Not sent" },
  "answered-before": { tone: "calm", word: "Answered before" },
  "in-another-job": { tone: "calm", word: "In another job" },
  cancelled: { tone: "calm", word: "Cancelled" },
};
export const itemWord = (state: string): Word => words[state] ?? { tone: "unknown", word: state };
export const itemStates = Object.keys(words);

const open = ["waiting", "asked", "accepted", "failing"];
const failed = ["dead", "refused", "not-sent"];
const sum = ({ counts }: Pick<RedriveJob, "counts">, states: readonly string[]): number =>
  Object.entries(counts).reduce((total, [state, value]) => total + (states.includes(state) ? (value ?? 0) : 0), 0);

export const answeredOf = (job: Pick<RedriveJob, "counts" | "total">): number => job.total - sum(job, open);
export const failedOf = (job: Pick<RedriveJob, "counts">): number => sum(job, failed);

/** How far a stage goes: counted from the first event on, as what is answered is. */
function sayStage({ stages, stage, total }: Pick<RedriveJob, "stages" | "stage" | "total">): string {
  const end = stages.slice(0, stage + 1).reduce((sum, size) => sum + size, 0);
  if (end >= total) return "all that are left";
  return end === 1 ? "the first one, the others once it holds" : `the first ${count(end)}, the others once these hold`;
}

/** How it stands, in a sentence. */
export function sayJob(job: RedriveJob): string {
  const { action, total, state, problem, stages, stage } = job;
  const answered = answeredOf(job);
  const bad = failedOf(job);
  const what = action === "discard" ? "discarded" : "handled";
  if (state === "done" && bad === 0) return total === 1 ? `The event is ${what}.` : `All ${counted(total, "event")} are ${what}.`;
  if (state === "done") return `Done: ${count(answered - bad)} of ${count(total)} ${what}, ${count(bad)} failed again.`;
  const progress = `${count(answered)} of ${count(total)} answered${bad === 0 ? ", none failed" : `, ${count(bad)} failed again`}`;
  if (state === "stopped") return `Stopped by itself: ${problem ?? "new failures"}. ${progress}.`;
  if (state === "cancelled") return `Cancelled: ${progress}.`;
  if (state === "paused") return `Paused: ${progress}.`;
  const at =
    stages.length === 0
      ? ""
      : stage < stages.length
        ? ` Stage ${stage + 1} of ${stages.length + 1}: ${sayStage(job)}.`
        : " The rest, after all stages held.";
  return `${progress}.${at}`;
}
