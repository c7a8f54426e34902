import type { EventContract } from "../contract/index.ts";
import { type CorrelationContext, runWithCorrelation } from "../correlation/index.ts";
import { derivedEventId } from "../envelope/index.ts";
import { coreError } from "../errors/index.ts";
import { HandlerLog, type PersonalValues, personalValues } from "../logging/index.ts";
import type { Isolation, NewOutboxRow, Run, UnitOfWork } from "../seams/store.ts";
import type { Event } from "../service/event.ts";
import type { HandlerContext } from "../service/handler.ts";
import { outboxRow } from "../service/outbox-row.ts";
import { isTracing, withHandlerSpan } from "../tracing/index.ts";
import type { Delivery } from "./delivery.ts";
import { readableError } from "./failure.ts";
import type { HandlerState } from "./handler-state.ts";
import { insideHandler } from "./inside-handler.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import { noteRun } from "./run-notes.ts";
import type { TimedRun } from "./run-deadlines.ts";
import type { ServiceScope } from "./scope.ts";

export type InvocationResult =
  | {
      readonly ok: true;
      readonly published: readonly NewOutboxRow[];
      readonly durationMicros: number;
      readonly log: HandlerLog;
      readonly endedAt?: number;
    }
  | { readonly ok: false; readonly error: unknown; readonly log: HandlerLog };

/** An event that is to be run, as the handler gets it. */
export interface Claim {
  readonly delivery: Delivery;
  readonly contract: EventContract;
  readonly data: unknown;
  /** Whether what it publishes is published. */
  readonly publishes: boolean;
}

/** Where a handler is run. */
export interface InvocationPlace<Tx> {
  readonly scope: ServiceScope<Tx>;
  readonly handler: HandlerState<Tx>;
  readonly run: Run;
  readonly unit: UnitOfWork<Tx>;
  readonly mode: Isolation;
}

interface Invocation<Tx> extends Claim {
  /** Runs in place of the handler: the `commit` of a call. */
  readonly commit?: (context: HandlerContext<Tx>, event: Event) => Promise<unknown> | void;
}

/**
 * Runs a handler on an event in the unit's transaction, isolated from its neighbours, and goes on with what came of it. Answers at
 * once when handler and store do. Throws or rejects only as `goOn` does, which is given here for a promise less for each event.
 */
export function invoke<Tx, Next>(
  place: InvocationPlace<Tx>,
  invocation: Invocation<Tx>,
  goOn: (result: InvocationResult) => Next,
): MaybePromise<Next> {
  const begun = new Begun(place, invocation);
  const { scope, handler, unit, mode } = place;
  const { spec } = handler;
  noteRun(spec.name, invocation.delivery.record);
  const { work } = spec;
  const timeoutMs = work.kind === "call" ? work.commitTimeoutMs : spec.timeoutMs;
  // No async functions inside one another: each costs every event.
  const isolated = (): MaybePromise<unknown> =>
    unit.isolate((tx) => {
      const runTimed = (timed: TimedRun): MaybePromise<unknown> => {
        const context = new InvocationContext(begun, tx, timed);
        if (invocation.commit !== undefined) return invocation.commit(context, begun.event);
        return work.kind === "transaction" ? work.run(begun.event, context) : undefined;
      };
      return withTimeout<Tx, MaybePromise<unknown>>(scope, handler, timeoutMs, runTimed, begun.startedAt);
    }, mode);
  let outcome: unknown;
  try {
    outcome = insideHandler(spec.name, correlationOf(begun.event, invocation.delivery), () =>
      isTracing() ? withHandlerSpan(spanAbout(scope, handler, invocation.delivery), async () => isolated()) : isolated(),
    );
  } catch (error) {
    return goOn(begun.failed(error));
  }
  if (!(outcome instanceof Promise)) return goOn(begun.succeeded());
  return outcome.then(
    () => goOn(begun.succeeded()),
    (error: unknown) => goOn(begun.failed(error)),
  );
}

/** One run of a handler, from its beginning. */
class Begun<Tx> {
  readonly place: InvocationPlace<Tx>;
  readonly invocation: Invocation<Tx>;
  readonly event: Event;
  readonly log: HandlerLog;
  readonly published: NewOutboxRow[] = [];
  isOver = false;
  ordinal = 0;
  /** By the monotonic clock. */
  readonly startedAt: number;

  constructor(place: InvocationPlace<Tx>, invocation: Invocation<Tx>) {
    const { delivery, contract, data } = invocation;
    this.place = place;
    this.invocation = invocation;
    this.event = eventOf(delivery, contract, data);
    this.log = new HandlerLog(place.scope.logger, { personal: personalValuesOf(contract, data) });
    this.startedAt = place.scope.surroundings.clock.monotonic();
  }

  succeeded(): InvocationResult {
    this.isOver = true;
    const endedAt = this.place.scope.surroundings.clock.monotonic();
    const durationMicros = Math.round((endedAt - this.startedAt) * 1000);
    return { ok: true, published: this.published, durationMicros, log: this.log, endedAt };
  }

  failed(error: unknown): InvocationResult {
    this.isOver = true;
    return { ok: false, error: readableError(error), log: this.log };
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
  return runWithCorrelation(correlationOf(event, delivery), work);
}

/** The event's story, with the event as the cause of what is published. */
export function correlationOf(event: Event, delivery: Delivery): CorrelationContext {
  const context: { -readonly [Name in keyof CorrelationContext]: CorrelationContext[Name] } = {
    correlationId: event.correlationId,
    causationId: event.id,
  };
  if (event.tenantId !== null) context.tenantId = event.tenantId;
  const traceparent = delivery.event?.traceparent;
  if (traceparent) context.traceparent = traceparent;
  const tracestate = delivery.event?.tracestate;
  if (tracestate) context.tracestate = tracestate;
  return context;
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

/** What a handler gets beside its event. A class, for an object with getters of its own costs more than all the rest of it. */
class InvocationContext<Tx> implements HandlerContext<Tx> {
  readonly tx: Tx;
  readonly epoch: number;
  readonly attempt: number;
  readonly handler: string;
  readonly #begun: Begun<Tx>;
  readonly #timed: TimedRun;

  constructor(begun: Begun<Tx>, tx: Tx, timed: TimedRun) {
    this.tx = tx;
    this.epoch = begun.place.run.epoch;
    this.attempt = (begun.invocation.delivery.parked?.attempts.length ?? 0) + 1;
    this.handler = begun.place.handler.spec.name;
    this.#begun = begun;
    this.#timed = timed;
  }

  get log() {
    return this.#begun.log.log;
  }

  get signal() {
    return this.#timed.signal;
  }

  /** Bound, so that it can be taken out of the context. */
  get publish(): HandlerContext<Tx>["publish"] {
    return (contract, data, options) => this.#publish(contract, data, options);
  }

  async #publish(contract: EventContract, data: unknown, options: { id?: string } = {}): Promise<string> {
    const begun = this.#begun;
    const { delivery, publishes } = begun.invocation;
    // What it publishes is known by its cause, so that doing it again makes the same ids.
    const causeTimeMs = delivery.event?.timeMs ?? delivery.record.timestampMs;
    const id = options.id ?? derivedEventId(begun.event.id, causeTimeMs, this.handler, begun.ordinal++);
    const row = outboxRow(begun.place.scope, contract, data, { id, once: options.id !== undefined });
    if (begun.isOver) throw coreError("TX_ENDED", {});
    if (publishes) begun.published.push(row);
    return id;
  }
}

/** Runs `work` under the handler's time limit; rejects with `HANDLER_TIMEOUT`. */
export function withTimeout<Tx, Outcome>(
  scope: ServiceScope<Tx>,
  handler: HandlerState<Tx>,
  timeoutMs: number,
  work: (run: TimedRun) => Outcome,
  startedAt?: number,
): Outcome {
  const tooLate = (): Error => coreError("HANDLER_TIMEOUT", { handler: handler.spec.name, timeoutMs });
  return scope.deadlines.run(timeoutMs, tooLate, work, startedAt);
}
