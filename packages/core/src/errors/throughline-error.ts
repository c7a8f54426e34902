/**
 * What every error of ours looks like. Recognise it by `code`, not by class: two copies of this package may be loaded.
 */
export class ThroughlineError extends Error {
  readonly code: string;
  /** True when the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** The values behind the message. Holds no secrets and no personal fields. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { retryable: boolean; details?: Record<string, unknown>; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ThroughlineError";
    this.code = code;
    this.retryable = options.retryable;
    this.details = options.details ?? {};
  }
}

/** Whether `error` is one of ours, optionally with this code. */
export function isThroughlineError(error: unknown, code?: string): error is ThroughlineError {
  return (
    error instanceof Error &&
    typeof (error as Partial<ThroughlineError>).code === "string" &&
    typeof (error as Partial<ThroughlineError>).retryable === "boolean" &&
    (code === undefined || (error as Partial<ThroughlineError>).code === code)
  );
}
