import { currentFrame, runInFrame } from "./current-frame.ts";

/** What follows one story through requests, publishes, handlers and outgoing calls (R9). */
export interface CorrelationContext {
  /** The same for everything that one request or first event brought about. */
  readonly correlationId: string;
  /** The id of the event being handled: what is published now was caused by it. */
  readonly causationId?: string;
  readonly tenantId?: string;
  /** W3C trace context, as it came in. */
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** The context of the code that asks, or undefined outside of a request or handler. */
export function currentCorrelation(): CorrelationContext | undefined {
  return currentFrame()?.correlation;
}

/**
 * Runs `work` with `context` as the current one, for everything it calls and awaits, and returns what it returns.
 * Contexts do not merge: a nested one replaces the outer one while it runs.
 * @example
 *   await runWithCorrelation({ correlationId: "checkout-42" }, () => orders.publish(OrderCompleted, order, { tx }));
 */
export function runWithCorrelation<T>(context: CorrelationContext, work: () => T): T {
  return runInFrame({ correlation: context, handler: currentFrame()?.handler }, work);
}
