import { createHash } from "node:crypto";
import type { DeadLetter } from "throughline/system-topics";
import { messagePattern } from "./message-pattern.ts";
import { ownFrames } from "./own-frames.ts";

/** Why a failure happened, as far as failures of one cause have it in common. */
export interface FailureCause {
  /** The same for the same cause, in each index and after each deploy. */
  readonly fingerprint: string;
  /** The error's type. */
  readonly error: string;
  readonly code: string | null;
  /** The message without what differs from event to event. */
  readonly pattern: string;
  /** The innermost functions of the service's own code, without lines. */
  readonly frames: readonly string[];
}

/** Two tell a function from its callers; more would make a cause of each way that leads there. */
const framesThatCount = 2;

/**
 * Finds the cause of a dead letter: consumer, reason, the error's type and code, the innermost functions of the service's own code, and
 * the message without ids, numbers, quoted values and dates. Lines, columns and paths do not count, so that a deploy changes nothing.
 */
export function causeOf({
  service,
  handler,
  reason,
  error,
}: Pick<DeadLetter, "service" | "handler" | "reason" | "error">): FailureCause {
  const code = error.code === null || /\d{3,}|^[0-9a-f-]{16,}$/i.test(error.code) ? null : error.code;
  const pattern = messagePattern(error.message);
  const frames = ownFrames(error.stack, error.message).slice(0, framesThatCount);
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([service, handler, reason, error.name, code, pattern, frames]))
    .digest("hex")
    .slice(0, 16);
  return { fingerprint, error: error.name, code, pattern, frames };
}
