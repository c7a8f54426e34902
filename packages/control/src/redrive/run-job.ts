import type { Clock, EventLog } from "throughline/seams";
import { receiptRetentionMs } from "throughline/system-topics";
import type { Audit } from "../audit/create-audit.ts";
import { dropWaiting, hasWaiting } from "./drop-waiting.ts";
import { jobIntent } from "./job-intent.ts";
import type { JobStore } from "./job-store.ts";
import { countOf, openStates, type ItemState, type RedriveJob } from "./job.ts";
import { nextStep } from "./next-step.ts";
import { Pace } from "./pace.ts";
import { pause } from "./pause.ts";
import { makeRequestTopics } from "./requests.ts";
import { ItemSender } from "./send-items.ts";
import { takeReceipts } from "./take-receipts.ts";

export interface JobRunContext {
  readonly log: EventLog;
  readonly jobs: JobStore;
  readonly clock: Clock;
  readonly audit: Audit;
  /** How often receipts are looked for. */
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

/** Receipts are read for so long at once, then requests have their turn. */
const mostReadingMs = 100;
const leastPauseMs = 20;
const itself = { name: "throughline" };

/** Runs one job from where it stands, whatever ran it before. What it needs to know stands in the store. */
export class JobRun {
  readonly #context: JobRunContext;
  readonly #id: string;
  readonly #sender: ItemSender;
  #pace: { readonly perSecond: number; readonly pace: Pace } | null = null;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #isReady = false;

  constructor(context: JobRunContext, jobId: string) {
    this.#context = context;
    this.#id = jobId;
    this.#sender = new ItemSender(context.log, context.jobs, jobId);
  }

  /** Does what is next. Answers how long there is nothing to do; null once the job has ended. */
  async step(): Promise<number | null> {
    const { jobs, clock, pollMs } = this.#context;
    const monotonicMs = clock.monotonic();
    if (monotonicMs - this.#lookedAtMs >= pollMs) await this.#read();
    const job = await jobs.job(this.#id);
    if (job === null || job.endedAtMs !== null) return null;
    if (job.state === "running") return this.#next(job);
    this.#pace = null;
    // Whoever cancelled it may have died before all was dropped.
    if (job.state === "cancelled" && hasWaiting(job)) await dropWaiting(jobs, job);
    if (job.state === "cancelled" && !isAwaiting(job)) return this.#end(job);
    return this.#isForgotten(job) ? this.#end(job) : pollMs;
  }

  async #next(job: RedriveJob): Promise<number | null> {
    const { jobs, pollMs } = this.#context;
    const next = nextStep(job);
    if (next.do === "send") return this.#send(job, next.most);
    // Receipts were read, so the log is there again.
    if (job.problem !== null && next.do !== "stop") await jobs.change(job.id, ["running"], { problem: null });
    // It stands still by itself: that time is not made up for.
    this.#pace = null;
    if (next.do === "stop") return this.#stop(job, next.problem);
    if (next.do === "advance") {
      await jobs.change(job.id, ["running"], { stage: job.stage + 1 });
      return 0;
    }
    return next.do === "end" || this.#isForgotten(job) ? this.#end(job) : pollMs;
  }

  async #send(job: RedriveJob, most: number): Promise<number> {
    const { log, clock, signal, jobs } = this.#context;
    if (!this.#isReady) {
      await makeRequestTopics(
        log,
        job.consumers.map(({ service }) => service),
      );
      this.#isReady = true;
    }
    const pace = this.#paceOf(job);
    const due = pace === null ? most : Math.min(most, pace.due(clock.monotonic()));
    // A few at once cost the log, and the store, no more than one.
    if (pace !== null && due < Math.min(most, Math.max(1, pace.in(leastPauseMs)))) return Math.max(pace.nextInMs, leastPauseMs);
    const sent = await this.#sender.send(job, due, clock.now(), signal).catch((error: unknown) => {
      this.#isReady = false;
      throw error;
    });
    pace?.took(sent);
    if (job.problem !== null) await jobs.change(job.id, ["running"], { problem: null });
    return 0;
  }

  #paceOf({ ratePerSecond }: RedriveJob): Pace | null {
    if (ratePerSecond === null) this.#pace = null;
    else if (this.#pace?.perSecond !== ratePerSecond)
      this.#pace = { perSecond: ratePerSecond, pace: new Pace(ratePerSecond, this.#context.clock.monotonic()) };
    return this.#pace?.pace ?? null;
  }

  async #stop(job: RedriveJob, problem: string): Promise<number> {
    const { audit, jobs, pollMs } = this.#context;
    const stopped = await jobs.change(job.id, ["running"], { state: "stopped", problem });
    // It holds whether or not anybody hears of it.
    if (stopped !== null) await audit(itself, jobIntent(job, problem)).catch(() => undefined);
    return pollMs;
  }

  async #end(job: RedriveJob): Promise<null> {
    const state = job.state === "cancelled" ? "cancelled" : "done";
    await this.#context.jobs.change(job.id, [job.state], { state, problem: null, endedAtMs: this.#context.clock.now() });
    return null;
  }

  async #read(): Promise<void> {
    const { log, jobs, clock, signal } = this.#context;
    const began = clock.monotonic();
    this.#lookedAtMs = began;
    while ((await takeReceipts(log, jobs, this.#id, signal)) && clock.monotonic() - began < mostReadingMs) await pause(0, signal);
  }

  /** Receipts of its last request are gone from the log: no answer can come any more. */
  #isForgotten({ lastAskedAtMs, next, total, state }: RedriveJob): boolean {
    if (next < total && state !== "cancelled") return false;
    return lastAskedAtMs !== null && this.#context.clock.now() - lastAskedAtMs > receiptRetentionMs;
  }
}

const isAwaiting = (job: RedriveJob): boolean =>
  countOf(job, new Set([...openStates].filter((state: ItemState) => state !== "waiting"))) > 0;
