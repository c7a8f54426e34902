import { HandlerLog } from "../logging/index.ts";
import type { ParkedRow } from "../seams/store.ts";
import type { Event } from "../service/event.ts";
import type { CallContext } from "../service/handler.ts";
import { withHandlerSpan } from "../tracing/index.ts";
import type { ParkedDelivery } from "./delivery.ts";
import { readableError } from "./failure.ts";
import { eventOf, withEventContext } from "./handler-event.ts";
import { personalValuesOf, spanAbout } from "./handler-invocation.ts";
import type { CallWork, HandlerState } from "./handler-state.ts";
import { contractData } from "./outcome-book.ts";
import { noteRun } from "./run-notes.ts";
import type { ServiceScope } from "./scope.ts";

/** What came of a call. `unreadable`: there is no event to call with, and nothing was called. */
export type CallOutcome =
  | { readonly kind: "done"; readonly result: unknown; readonly durationMicros: number }
  | { readonly kind: "failed"; readonly error: unknown; readonly startedAtMs: number }
  | { readonly kind: "unreadable" };

/** Calls, or asks `check` first where nobody knows how an earlier attempt ended and its key may be forgotten. Never rejects. */
export async function invokeCall<Tx>(
  scope: ServiceScope<Tx>,
  handler: HandlerState<Tx>,
  work: CallWork<Tx>,
  delivery: ParkedDelivery,
): Promise<CallOutcome> {
  const { clock } = scope.surroundings;
  const readable = readCall(handler, delivery);
  if (readable === null) return { kind: "unreadable" };
  const { event, data } = readable;
  noteRun(handler.spec.name, delivery.record);
  const log = new HandlerLog(scope.logger, {
    personal: personalValuesOf(handler.spec.contracts.get(event.type), data),
    // The attempt was noted before the call.
    origin: { lineAbout: () => ({ handler: handler.spec.name, attempt: delivery.parked.attempts.length }) },
  });
  const startedAtMs = clock.now();
  const startedAt = clock.monotonic();
  const call = async (context: CallContext): Promise<unknown> => {
    const before = delivery.parked.attempts.slice(0, -1);
    const mustAsk = isUncertain(before, work.keyValidForMs, startedAtMs);
    const found = mustAsk ? await work.check?.(event, context) : undefined;
    return found ?? (await work.call(event, context));
  };
  try {
    const result = await withEventContext(event, delivery, () =>
      withHandlerSpan(spanAbout(scope, handler, delivery), () =>
        scope.deadlines.run(handler.timeLimit, (timed) =>
          call({
            idempotencyKey: event.id,
            get signal() {
              return timed.signal;
            },
            get log() {
              return log.log;
            },
            attempt: delivery.parked.attempts.length,
            epoch: delivery.parked.epoch,
          }),
        ),
      ),
    );
    log.commit();
    return { kind: "done", result, durationMicros: Math.round((clock.monotonic() - startedAt) * 1000) };
  } catch (error) {
    log.rollback();
    return { kind: "failed", error: readableError(error), startedAtMs };
  }
}

/** An attempt began, nobody knows how it ended, and what was called may have forgotten the key. */
export function isUncertain(attempts: ParkedRow["attempts"], keyValidForMs: number, nowMs: number): boolean {
  const open = attempts.find((attempt) => attempt.endedAtMs === null);
  return open !== undefined && nowMs - open.startedAtMs > keyValidForMs;
}

/** The event as `call` sees it; null when it cannot be read, for which the transaction that books it finds the same reason. */
function readCall<Tx>(handler: HandlerState<Tx>, delivery: ParkedDelivery): { event: Event; data: unknown } | null {
  try {
    const { contract, data } = contractData(handler.spec, delivery);
    return { event: eventOf(delivery, contract, data), data };
  } catch {
    return null;
  }
}
