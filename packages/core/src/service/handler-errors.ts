/**
 * Throw it from a handler when trying again cannot help: the event becomes a dead letter at once.
 * Recognised by its `permanent` mark, not by its class.
 */
export class PermanentError extends Error {
  readonly permanent = true;
  override readonly name = "PermanentError";
}

/** A longer wait is no wait any more: the event would never be tried again. */
export const longestDelayMs = 365 * 24 * 60 * 60 * 1000;

/** Throw it from a handler to be run again after `delayMs`, without spending one of its attempts. */
export class RetryLater extends Error {
  override readonly name = "RetryLater";
  readonly retryAfterMs: number;

  constructor(delayMs: number, message = `try again in ${delayMs} ms`, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterMs = delayMs;
  }
}

export const isPermanent = (error: unknown): boolean =>
  error instanceof Error && (error as Partial<PermanentError>).permanent === true;

export function retryAfterMs(error: unknown): number | null {
  const delayMs = error instanceof Error ? (error as Partial<RetryLater>).retryAfterMs : undefined;
  // Stores keep whole milliseconds; and without any wait, an event that always asks for later would leave no time for others.
  return typeof delayMs === "number" && Number.isFinite(delayMs)
    ? Math.min(Math.max(1, Math.round(delayMs)), longestDelayMs)
    : null;
}
