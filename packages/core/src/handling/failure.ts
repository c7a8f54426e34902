import { isThroughlineError } from "../errors/index.ts";
import type { PersonalValues } from "../logging/index.ts";
import type { Randomness } from "../seams/runtime.ts";
import type { FailureDetail, ParkedReason } from "../seams/store.ts";
import { isPermanent, retryAfterMs } from "../service/handler-errors.ts";

const schemaIdWaitMs = 2_000;

/** What comes of a failed attempt (R6). */
export type FailureVerdict =
  | { readonly then: "retry"; readonly delayMs: number; readonly countsAsAttempt: boolean }
  | { readonly then: "dead"; readonly reason: ParkedReason };

/** The store or the log is away or out of order, or another transaction won: no attempt of the handler's. */
export function isInfrastructureFailure(error: unknown): boolean {
  if (!isThroughlineError(error)) return false;
  return (
    /^(STORE_|COMMIT_UNKNOWN)/.test(error.code) || (error.retryable && /^(LOG_|TX_CONFLICT|INBOX_CONFLICT)/.test(error.code))
  );
}

/**
 * @param attempts Attempts that counted so far, this one included.
 * @param delaysMs One delay for each retry.
 */
export function judgeFailure(error: unknown, attempts: number, delaysMs: readonly number[], random: Randomness): FailureVerdict {
  // What it was to publish is being looked up.
  const later = isThroughlineError(error, "SCHEMA_ID_UNKNOWN") ? schemaIdWaitMs : retryAfterMs(error);
  if (later !== null) return { then: "retry", delayMs: later, countsAsAttempt: false };
  if (isThroughlineError(error, "EVENT_CRASHED_PROCESS")) return { then: "dead", reason: "crash" };
  if (isPermanent(error)) return { then: "dead", reason: "permanent" };
  const delayMs = delaysMs[attempts - 1];
  if (delayMs === undefined) return { then: "dead", reason: "failed" };
  return { then: "retry", delayMs: Math.round(delayMs * (0.8 + 0.4 * random.next())), countsAsAttempt: true };
}

const stackLimit = 8_000;
const messageLimit = 2_000;

/**
 * What a handler threw, as an error that can be asked for everything without throwing itself: a value that is no Error becomes
 * one that shows it, and an error whose properties cannot be read becomes one that says so.
 */
export function readableError(thrown: unknown): Error {
  try {
    if (!(thrown instanceof Error)) return nonError(`a value that is no Error was thrown: ${describe(thrown)}`);
    for (const name of readProperties) void (thrown as Error & Record<string, unknown>)[name];
    return thrown;
  } catch {
    return nonError("a value was thrown that cannot be read: asking it for its properties throws");
  }
}

const readProperties = ["name", "message", "stack", "code", "retryable", "permanent", "retryAfterMs"] as const;

/** An error as it may be stored and sent: short, and without the values of personal fields. */
export function failureDetail(error: unknown, personal?: PersonalValues): FailureDetail {
  const { name, message, stack, code } = readableError(error) as {
    name: unknown;
    message: unknown;
    stack?: unknown;
    code?: unknown;
  };
  const mask = (text: string, limit: number): string => {
    const masked = personal === undefined ? text : personal.maskText(text);
    return masked.length > limit ? `${masked.slice(0, limit)}…` : masked;
  };
  return {
    name: typeof name === "string" ? mask(name, messageLimit) : "Error",
    code: typeof code === "string" ? mask(code, messageLimit) : null,
    message: mask(describe(message), messageLimit),
    stack: typeof stack === "string" ? mask(stack, stackLimit) : null,
  };
}

/** A handler's error that leaves its handling, as it may stand in a log line. */
export function maskedError(error: unknown, personal: PersonalValues): unknown {
  if (isThroughlineError(error)) return error;
  const { name, message, stack } = failureDetail(error, personal);
  const masked = Object.assign(new Error(message), { name });
  if (stack === null) delete masked.stack;
  else masked.stack = stack;
  return masked;
}

function nonError(message: string): Error {
  const error = new Error(message);
  error.name = "NonError";
  // The stack would be ours, and tell nothing of the handler.
  delete error.stack;
  return error;
}

function describe(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
