import type { Clock, EventLog } from "throughline/seams";
import type { Audit } from "../audit/create-audit.ts";
import type { JobStore } from "./job-store.ts";
import { pause } from "./pause.ts";
import { JobRun } from "./run-job.ts";

export interface JobRunnerOptions {
  readonly log: EventLog;
  readonly jobs: JobStore;
  readonly clock: Clock;
  readonly audit: Audit;
  /** Names this runner among those of other processes. */
  readonly holder: string;
  /** How often receipts and new jobs are looked for. */
  readonly pollMs: number;
  /** Hears of trouble, once for each kind that follows another; the runner goes on by itself. */
  readonly onTrouble: (error: Error) => void;
}

/** A runner that died is followed by another one after so long. */
const leaseMs = 5_000;
const renewEveryMs = 1_000;
const longestPauseMs = 10_000;
const dayMs = 86_400_000;
const keptMs = 30 * dayMs;

interface Running {
  readonly run: JobRun;
  dueAtMs: number;
  pauseMs: number;
  told: string;
}

/** Runs the jobs of a store, all at once, as long as no other process does. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #ending = new AbortController();
  readonly #running = new Map<string, Running>();
  #loop: Promise<void> | null = null;
  #leaseUntilMs = Number.NEGATIVE_INFINITY;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #wake: (() => void) | null = null;
  #told = "";

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Something changed that it should look at now. */
  wake(): void {
    this.#lookedAtMs = Number.NEGATIVE_INFINITY;
    for (const running of this.#running.values()) running.dueAtMs = Number.NEGATIVE_INFINITY;
    this.#wake?.();
  }

  /** Ends after the batch that runs, and gives the lease back. Idempotent. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#wake?.();
    await this.#loop;
    await this.#options.jobs.release(this.#options.holder).catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { pollMs, onTrouble } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      let waitMs = pollMs;
      try {
        waitMs = (await this.#holdsLease()) ? await this.#round() : pollMs;
        this.#told = "";
      } catch (error) {
        if (this.#told !== String(error)) onTrouble(error as Error);
        this.#told = String(error);
      }
      if (waitMs > 0 && !signal.aborted) await this.#rest(waitMs);
      else await pause(0, signal);
    }
  }

  async #rest(ms: number): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await pause(Math.max(1, ms), woken.signal);
    this.#wake = null;
  }

  /** A lease is a courtesy: whoever runs a job beside another one sends the same requests, which their services answer once. */
  async #holdsLease(): Promise<boolean> {
    const { jobs, clock, holder } = this.#options;
    const nowMs = clock.now();
    if (this.#leaseUntilMs - nowMs > leaseMs - renewEveryMs) return true;
    const holds = await jobs.claim(holder, { nowMs, untilMs: nowMs + leaseMs });
    this.#leaseUntilMs = holds ? nowMs + leaseMs : Number.NEGATIVE_INFINITY;
    if (!holds) this.#running.clear();
    return holds;
  }

  /** One step of each job that is due. Answers how long none is. */
  async #round(): Promise<number> {
    const { jobs, clock, pollMs } = this.#options;
    if (clock.monotonic() - this.#lookedAtMs >= pollMs) {
      this.#lookedAtMs = clock.monotonic();
      for (const { id } of await jobs.active()) this.#add(id);
      await jobs.prune(clock.now(), clock.now() - keptMs);
    }
    let nextMs = pollMs;
    for (const [id, running] of this.#running) {
      if (this.#ending.signal.aborted) return 0;
      if (running.dueAtMs <= clock.monotonic()) await this.#step(id, running);
      if (this.#running.has(id)) nextMs = Math.min(nextMs, running.dueAtMs - clock.monotonic());
    }
    return Math.max(0, nextMs);
  }

  #add(id: string): void {
    if (this.#running.has(id)) return;
    const { log, jobs, clock, audit, pollMs } = this.#options;
    const run = new JobRun({ log, jobs, clock, audit, pollMs, signal: this.#ending.signal }, id);
    this.#running.set(id, { run, dueAtMs: Number.NEGATIVE_INFINITY, pauseMs: pollMs, told: "" });
  }

  async #step(id: string, running: Running): Promise<void> {
    const { clock, pollMs, onTrouble, jobs } = this.#options;
    try {
      const restMs = await running.run.step();
      if (restMs === null) this.#running.delete(id);
      else running.dueAtMs = clock.monotonic() + Math.min(restMs, pollMs);
      running.pauseMs = pollMs;
      running.told = "";
    } catch (error) {
      if (this.#ending.signal.aborted) return;
      // The log is away, for one: the job says so, and goes on by itself.
      const { message } = error as Error;
      running.dueAtMs = clock.monotonic() + running.pauseMs;
      running.pauseMs = Math.min(longestPauseMs, running.pauseMs * 2);
      if (running.told === message) return;
      running.told = message;
      onTrouble(error as Error);
      await jobs.change(id, ["running"], { problem: `it is tried again: ${message}` }).catch(() => undefined);
    }
  }
}
