import { controlError } from "../errors/catalogue.ts";
import type { JobTerms, RedrivePlan } from "./job.ts";

/** What a person says when confirming a plan. */
export interface ConfirmTerms {
  readonly by: string;
  /** For the audit; a discard must have one. */
  readonly reason?: string | null;
  /** Requests a second; without it as fast as it goes. */
  readonly ratePerSecond?: number | null;
  /** In stages of 1, 5 and 50, then the rest; stops by itself at the first failure. */
  readonly isCanary?: boolean;
  /** Stages of another size. */
  readonly stages?: readonly number[];
  /** Stops by itself after so many new failures; 1 in stages, else never. */
  readonly stopAfterFailures?: number | null;
  /** Also what is older than the ids that the service remembers, and may have been handled. */
  readonly force?: boolean;
}

export const canaryStages: readonly number[] = [1, 5, 50];
const mostReason = 2_000;
const mostStages = 20;

/** Throws `REDRIVE_TERMS_INVALID` with all that is wrong. */
export function jobTerms(plan: Pick<RedrivePlan, "action" | "total">, asked: ConfirmTerms): JobTerms {
  const { by, ratePerSecond = null, isCanary = false, force = false } = asked;
  const reason = asked.reason?.trim() || null;
  const stages = asked.stages ?? (isCanary ? canaryStages : []);
  const stopAfterFailures = asked.stopAfterFailures === undefined ? (stages.length > 0 ? 1 : null) : asked.stopAfterFailures;
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
  const problems = [
    ...(plan.total === 0 ? ["it names no dead letter that could be asked for"] : []),
    ...(plan.action === "discard" && reason === null ? ["a discard needs a reason"] : []),
    ...(reason !== null && reason.length > mostReason ? [`the reason is longer than ${mostReason} characters`] : []),
    ...(ratePerSecond !== null && !(Number.isFinite(ratePerSecond) && ratePerSecond > 0)
      ? [`the rate must be above zero, not ${ratePerSecond}`]
      : []),
    ...(stages.length > mostStages || !stages.every(isCount) ? [`stages are up to ${mostStages} whole numbers from 1 on`] : []),
    ...(stopAfterFailures !== null && !isCount(stopAfterFailures) ? ["stopAfterFailures is a whole number from 1 on"] : []),
  ];
  if (problems.length > 0) throw controlError("REDRIVE_TERMS_INVALID", { problems });
  return { by, reason, ratePerSecond, stages, stopAfterFailures, force };
}
