import type { EventContract } from "../contract/index.ts";
import { type CorrelationContext, runWithCorrelation } from "../correlation/index.ts";
import { derivedEventId } from "../envelope/index.ts";
import { coreError } from "../errors/index.ts";
import { HandlerLog, type PersonalValues, personalValues } from "../logging/index.ts";
import type { NewOutboxRow, Run, UnitOfWork } from "../seams/store.ts";
import type { Event } from "../service/event.ts";
import type { HandlerContext } from "../service/handler.ts";
import { outboxRow } from "../service/outbox-row.ts";
import { isTracing, withHandlerSpan } from "../tracing/index.ts";
import type { Delivery } from "./delivery.ts";
import { readableError } from "./failure.ts";
import type { HandlerState } from "./handler-state.ts";
import { insideHandler } from "./inside-handler.ts";
import type { TimedRun } from "./run-deadlines.ts";
import type { ServiceScope } from "./scope.ts";

export type InvocationResult =
  | { readonly ok: true; readonly published: readonly NewOutboxRow[]; readonly durationMicros: number; readonly log: HandlerLog }
  | { readonly ok: false; readonly error: unknown; readonly log: HandlerLog };

interface Invocation<Tx> {
  readonly scope: ServiceScope<Tx>;
  readonly handler: HandlerState<Tx>;
  readonly run: Run;
  readonly unit: UnitOfWork<Tx>;
  readonly mode: { readonly savepoint: boolean; readonly alone: boolean };
  readonly delivery: Delivery;
  readonly contract: EventContract;
  readonly data: unknown;
  /** Whether what it publishes is published. */
  readonly publishes: boolean;
  /** Runs in place of the handler: the `commit` of a call. */
  readonly commit?: (context: HandlerContext<Tx>, event: Event) => Promise<unknown> | void;
}

/** Runs a handler on an event in the unit's transaction, isolated from its neighbours. Never rejects. */
export async function invoke<Tx>(invocation: Invocation<Tx>): Promise<InvocationResult> {
  const { scope, handler, unit, mode, delivery } = invocation;
  const { clock } = scope.surroundings;
  const event = eventOf(delivery, invocation.contract, invocation.data);
  const log = new HandlerLog(scope.logger, { personal: personalValuesOf(invocation.contract, invocation.data) });
  const published: NewOutboxRow[] = [];
  let isOver = false;
  const startedAt = clock.monotonic();
  const { work } = handler.spec;
  const timeoutMs = work.kind === "call" ? work.commitTimeoutMs : handler.spec.timeoutMs;
  try {
    const isolated = (): Promise<void> =>
      unit.isolate(
        (tx) =>
          withTimeout(scope, handler, timeoutMs, (timed) =>
            insideHandler(handler.spec.name, async () => {
              const context = contextOf(invocation, event, tx, timed, log, published, () => isOver);
              if (invocation.commit !== undefined) await invocation.commit(context, event);
              else if (work.kind === "transaction") await work.run(event, context);
            }),
          ),
        mode,
      );
    await withEventContext(event, delivery, () =>
      isTracing() ? withHandlerSpan(spanAbout(scope, handler, delivery), isolated) : isolated(),
    );
    return { ok: true, published, durationMicros: Math.round((clock.monotonic() - startedAt) * 1000), log };
  } catch (error) {
    return { ok: false, error: readableError(error), log };
  } finally {
    isOver = true;
  }
}

/** The event as handlers see it. */
export function eventOf(delivery: Delivery, contract: EventContract, data: unknown): Event {
  const { event, record } = delivery;
  if (event === null) throw new TypeError("an event that cannot be decoded is never handed to a handler");
  return {
    id: event.id,
    type: event.type,
    source: event.source,
    subject: event.subject,
    time: event.time ?? new Date(record.timestampMs).toISOString(),
    sequence: event.sequence,
    correlationId: event.correlationId ?? event.id,
    causationId: event.causationId,
    tenantId: event.tenantId,
    dataVersion: event.dataVersion ?? contract.version,
    data,
  };
}

/** Runs `work` with the event's correlation as the current one, and the event as the cause of what is published. */
export function withEventContext<T>(event: Event, delivery: Delivery, work: () => Promise<T>): Promise<T> {
  const { traceparent, tracestate } = delivery.event ?? {};
  const context: { -readonly [Name in keyof CorrelationContext]: CorrelationContext[Name] } = {
    correlationId: event.correlationId,
    causationId: event.id,
  };
  if (event.tenantId !== null) context.tenantId = event.tenantId;
  if (traceparent) context.traceparent = traceparent;
  if (tracestate) context.tracestate = tracestate;
  return runWithCorrelation(context, work);
}

export function personalValuesOf(contract: EventContract | undefined, data: unknown): PersonalValues {
  return personalValues(data, contract?.personal ?? []);
}

export function spanAbout<Tx>(scope: ServiceScope<Tx>, handler: HandlerState<Tx>, { record, event, type }: Delivery) {
  return {
    system: "throughline",
    topic: record.topic,
    eventId: event?.id ?? "",
    type: type ?? "",
    ...(event?.subject ? { subject: event.subject } : {}),
    service: scope.identity.service,
    handler: handler.spec.name,
    partition: record.partition,
    offset: record.offset,
    trace: {
      ...(event?.traceparent ? { traceparent: event.traceparent } : {}),
      ...(event?.tracestate ? { tracestate: event.tracestate } : {}),
    },
  };
}

function contextOf<Tx>(
  invocation: Invocation<Tx>,
  event: Event,
  tx: Tx,
  timed: TimedRun,
  log: HandlerLog,
  published: NewOutboxRow[],
  isOver: () => boolean,
): HandlerContext<Tx> {
  const { scope, handler, run, delivery } = invocation;
  let ordinal = 0;
  return {
    tx,
    get log() {
      return log.log;
    },
    get signal() {
      return timed.signal;
    },
    epoch: run.epoch,
    attempt: (delivery.parked?.attempts.length ?? 0) + 1,
    handler: handler.spec.name,
    publish: async (contract, data, options = {}) => {
      // What it publishes is known by its cause, so that doing it again makes the same ids.
      const causeTimeMs = delivery.event?.timeMs ?? delivery.record.timestampMs;
      const id = options.id ?? derivedEventId(event.id, causeTimeMs, handler.spec.name, ordinal++);
      const row = outboxRow(scope, contract, data, { id, once: options.id !== undefined });
      if (isOver()) throw coreError("TX_ENDED", {});
      if (invocation.publishes) published.push(row);
      return id;
    },
  };
}

/** Runs `work` under the handler's time limit; rejects with `HANDLER_TIMEOUT`. */
export function withTimeout<Tx, T>(
  scope: ServiceScope<Tx>,
  handler: HandlerState<Tx>,
  timeoutMs: number,
  work: (run: TimedRun) => Promise<T>,
): Promise<T> {
  return scope.deadlines.run(timeoutMs, () => coreError("HANDLER_TIMEOUT", { handler: handler.spec.name, timeoutMs }), work);
}
