import { randomUUID } from "node:crypto";
import type { EventLog, Surroundings } from "throughline/seams";
import type { Audit } from "../audit/create-audit.ts";
import { controlError } from "../errors/catalogue.ts";
import type { IndexStore } from "../index-store/index-store.ts";
import { receiptsEnd } from "./follow-answers.ts";
import { jobIntent } from "./job-intent.ts";
import { dropWaiting } from "./drop-waiting.ts";
import { JobRunner } from "./job-runner.ts";
import type { ItemQuery, JobStore } from "./job-store.ts";
import {
  countOf,
  failedStates,
  type ItemPage,
  type JobState,
  type LeftOutPage,
  type RedriveJob,
  type RedrivePlan,
} from "./job.ts";
import { jobTerms, type ConfirmTerms } from "./job-terms.ts";
import { makePlan, type PlanRequest } from "./make-plan.ts";

export interface RedrivesOptions {
  readonly log: EventLog;
  readonly index: IndexStore;
  readonly jobs: JobStore;
  readonly surroundings: Surroundings;
  readonly audit: Audit;
  /** How long a plan may be confirmed; 15 minutes by default. */
  readonly planValidForMs?: number;
  /** The most letters of one plan; 1,000,000 by default. */
  readonly mostLetters?: number;
  /** How often receipts are looked for; 250 ms by default. */
  readonly pollMs?: number;
  readonly onTrouble?: (error: Error) => void;
}

/** Who changes a job, and why. */
export interface JobOrder {
  readonly by: string;
  readonly reason?: string | null;
}

/** Plans and jobs of redrives and discards. Whatever changes anything is written to the audit before it is done. */
export interface Redrives {
  /** See `makePlan`. */
  plan(request: PlanRequest): Promise<RedrivePlan>;
  /** Throws `REDRIVE_NO_SUCH_JOB`. */
  planOf(id: string): Promise<RedrivePlan>;
  leftOut(id: string, page: { readonly cursor: number; readonly limit: number }): Promise<LeftOutPage>;
  /**
   * Makes a job of a plan, which runs at once; repeated, it answers the same job.
   * Throws `REDRIVE_PLAN_EXPIRED`, `REDRIVE_TERMS_INVALID`.
   */
  confirm(planId: string, terms: ConfirmTerms): Promise<RedriveJob>;
  job(id: string): Promise<RedriveJob>;
  jobs(page: { readonly cursor: number | null; readonly limit: number }): ReturnType<JobStore["jobs"]>;
  items(id: string, query: ItemQuery): Promise<ItemPage>;
  /** Sends no more until `resume`; what was sent is answered. Throws `REDRIVE_JOB_STATE`, as all of these do. */
  pause(id: string, order: JobOrder): Promise<RedriveJob>;
  resume(id: string, order: JobOrder): Promise<RedriveJob>;
  /** Of a job that stopped by itself: what failed so far stops it no more. */
  continue(id: string, order: JobOrder): Promise<RedriveJob>;
  /** Sends no more for good. */
  cancel(id: string, order: JobOrder): Promise<RedriveJob>;
  /** Runs jobs, those of before too, until `close`. */
  start(): void;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const defaults = { planValidForMs: 15 * 60_000, mostLetters: 1_000_000, pollMs: 250 };

/**
 * @example
 *   await using redrives = createRedrives({ log, index, jobs, surroundings, audit });
 *   redrives.start();
 *   const plan = await redrives.plan({ action: "redrive", selection: { query: { group } }, by: "eva" });
 *   const job = await redrives.confirm(plan.id, { by: "eva", reason: "mended in 1.4", isCanary: true });
 */
export function createRedrives(options: RedrivesOptions): Redrives {
  const { log, index, jobs, surroundings, audit, onTrouble = () => undefined } = options;
  const { planValidForMs, mostLetters, pollMs } = { ...defaults, ...options };
  const { clock } = surroundings;
  const runner = new JobRunner({ log, jobs, clock, audit, holder: randomUUID(), pollMs, onTrouble });

  const found = async <T>(id: string, look: Promise<T | null>): Promise<T> => {
    const it = await look;
    if (it === null) throw controlError("REDRIVE_NO_SUCH_JOB", { id });
    return it;
  };
  const job = (id: string): Promise<RedriveJob> => found(id, jobs.job(id));

  /** Changes a job if it is in one of some states, after the audit has it. */
  async function order(
    id: string,
    asked: string,
    { by, reason = null }: JobOrder,
    from: readonly JobState[],
    changeOf: (job: RedriveJob) => Parameters<JobStore["change"]>[2],
  ): Promise<RedriveJob> {
    const before = await job(id);
    const refuse = ({ state }: RedriveJob): never => {
      throw controlError("REDRIVE_JOB_STATE", { id, asked, state });
    };
    if (!from.includes(before.state)) refuse(before);
    const detail = `asked to ${asked}: ${before.next} of ${before.total} were asked for`;
    await audit({ name: by }, jobIntent(before, detail, reason));
    const changed = (await jobs.change(id, from, changeOf(before))) ?? refuse(await job(id));
    runner.wake();
    return changed;
  }

  async function confirm(planId: string, asked: ConfirmTerms): Promise<RedriveJob> {
    const plan = await found(planId, jobs.plan(planId));
    if (plan.isConfirmed) return job(planId);
    const nowMs = clock.now();
    const terms = jobTerms(plan, asked);
    if (plan.expiresAtMs <= nowMs) throw controlError("REDRIVE_PLAN_EXPIRED", { id: planId });
    const what = plan.isEdit ? "edit and redrive" : plan.action;
    const many = plan.total === 1 ? "1 dead letter" : `${plan.total} dead letters`;
    const { by, reason } = terms;
    const detail = `${what} of ${many} confirmed`;
    await audit({ name: by }, jobIntent(plan, detail, reason));
    const from = (await receiptsEnd(log)).map(({ partition, toOffset }) => ({ partition, offset: toOffset }));
    const confirmed = await jobs.confirm(planId, terms, from, nowMs);
    if (confirmed === null) throw controlError("REDRIVE_PLAN_EXPIRED", { id: planId });
    runner.wake();
    return confirmed;
  }

  const redrives: Redrives = {
    plan: (request) =>
      makePlan({ log, index, jobs, nowMs: clock.now(), id: randomUUID(), validForMs: planValidForMs, mostLetters }, request),
    planOf: (id) => found(id, jobs.plan(id)),
    leftOut: async (id, page) => {
      await found(id, jobs.plan(id));
      return jobs.leftOut(id, page);
    },
    confirm,
    job,
    jobs: (page) => jobs.jobs(page),
    items: async (id, query) => {
      await found(id, jobs.plan(id));
      return jobs.items(id, query);
    },
    pause: (id, by) => order(id, "pause", by, ["running"], () => ({ state: "paused", problem: null })),
    resume: (id, by) => order(id, "resume", by, ["paused"], () => ({ state: "running" })),
    continue: (id, by) =>
      order(id, "go on", by, ["stopped"], (before) => ({
        state: "running",
        problem: null,
        forgiven: countOf(before, failedStates),
      })),
    cancel: async (id, by) => {
      const cancelled = await order(id, "cancel", by, ["running", "paused", "stopped"], () => ({
        state: "cancelled",
        problem: null,
        dropWaiting: true,
      }));
      return dropWaiting(jobs, cancelled);
    },
    start: () => runner.start(),
    close: () => runner.close(),
    [Symbol.asyncDispose]: () => runner.close(),
  };
  return redrives;
}
