import { isThroughlineError } from "../errors/index.ts";
import type { PersonalValues } from "../logging/index.ts";
import type { Randomness } from "../seams/runtime.ts";
import type { FailureDetail, ParkedReason } from "../seams/store.ts";
import { isPermanent, retryAfterMs } from "../service/handler-errors.ts";

/** What comes of a failed attempt (R6). */
export type FailureVerdict =
  | { readonly then: "retry"; readonly delayMs: number; readonly countsAsAttempt: boolean }
  | { readonly then: "dead"; readonly reason: ParkedReason };

/** The store or the log is away, or another transaction won: no attempt of the handler's. */
export function isInfrastructureFailure(error: unknown): boolean {
  return (
    isThroughlineError(error) && error.retryable && /^(STORE_|LOG_|TX_CONFLICT|INBOX_CONFLICT|COMMIT_UNKNOWN)/.test(error.code)
  );
}

/**
 * @param attempts Attempts that counted so far, this one included.
 * @param delaysMs One delay for each retry.
 */
export function judgeFailure(error: unknown, attempts: number, delaysMs: readonly number[], random: Randomness): FailureVerdict {
  const later = retryAfterMs(error);
  if (later !== null) return { then: "retry", delayMs: later, countsAsAttempt: false };
  if (isPermanent(error)) return { then: "dead", reason: "permanent" };
  const delayMs = delaysMs[attempts - 1];
  if (delayMs === undefined) return { then: "dead", reason: "failed" };
  return { then: "retry", delayMs: Math.round(delayMs * (0.8 + 0.4 * random.next())), countsAsAttempt: true };
}

const stackLimit = 8_000;
const messageLimit = 2_000;

/** An error as it may be stored and sent: short, and without the values of personal fields. */
export function failureDetail(error: unknown, personal?: PersonalValues): FailureDetail {
  const mask = (text: string, limit: number): string => {
    const masked = personal === undefined ? text : personal.maskText(text);
    return masked.length > limit ? `${masked.slice(0, limit)}…` : masked;
  };
  if (!(error instanceof Error)) {
    return {
      name: "NonError",
      code: null,
      message: mask(`a value that is no Error was thrown: ${describe(error)}`, messageLimit),
      stack: null,
    };
  }
  const code = (error as { code?: unknown }).code;
  return {
    name: error.name,
    code: typeof code === "string" ? code : null,
    message: mask(error.message, messageLimit),
    stack: error.stack === undefined ? null : mask(error.stack, stackLimit),
  };
}

function describe(value: unknown): string {
  try {
    return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  } catch {
    return String(value);
  }
}
