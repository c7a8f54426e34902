import type { EventContract } from "../contract/index.ts";
import { HandlerLog, type LineAbout, type LineOrigin, type PersonalValues, personalValues } from "../logging/index.ts";
import type { Isolation, NewOutboxRow, Run, UnitOfWork } from "../seams/store.ts";
import type { Event } from "../service/event.ts";
import type { HandlerContext } from "../service/handler.ts";
import { isTracing, withHandlerSpan } from "../tracing/index.ts";
import type { Delivery } from "./delivery.ts";
import { readableError } from "./failure.ts";
import { correlationOf, eventOf } from "./handler-event.ts";
import type { HandlerState } from "./handler-state.ts";
import { insideHandler } from "./inside-handler.ts";
import { InvocationContext } from "./invocation-context.ts";
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

/** Runs in place of the handler: the `commit` of a call. */
export type Commit<Tx> = (context: HandlerContext<Tx>, event: Event) => Promise<unknown> | void;

/**
 * Runs a handler on an event in the unit's transaction, isolated from its neighbours, and goes on with what came of it. Answers at
 * once when handler and store do. Throws or rejects only as `goOn` does, which is given here for a promise less for each event.
 */
export function invoke<Tx, Next>(
  place: InvocationPlace<Tx>,
  claim: Claim,
  goOn: (result: InvocationResult) => Next,
  commit: Commit<Tx> | null = null,
): MaybePromise<Next> {
  const run = new HandlerRun(place, claim, commit);
  noteRun(place.handler.spec.name, claim.delivery.record);
  let outcome: unknown;
  try {
    outcome = run.begin();
  } catch (error) {
    return goOn(run.failed(error));
  }
  if (!(outcome instanceof Promise)) return goOn(run.succeeded());
  return outcome.then(
    () => goOn(run.succeeded()),
    (error: unknown) => goOn(run.failed(error)),
  );
}

/** One run of a handler, from its beginning. No async functions inside one another: each costs every event. */
export class HandlerRun<Tx> implements LineOrigin {
  readonly place: InvocationPlace<Tx>;
  readonly claim: Claim;
  readonly event: Event;
  readonly log: HandlerLog;
  readonly published: NewOutboxRow[] = [];
  isOver = false;
  /** How often it has published. */
  ordinal = 0;
  readonly #commit: Commit<Tx> | null;
  /** By the monotonic clock. */
  readonly #startedAt: number;

  constructor(place: InvocationPlace<Tx>, claim: Claim, commit: Commit<Tx> | null) {
    const { delivery, contract, data } = claim;
    this.place = place;
    this.claim = claim;
    this.event = eventOf(delivery, contract, data);
    this.log = new HandlerLog(place.scope.logger, { personal: personalValuesOf(contract, data), origin: this });
    this.#commit = commit;
    this.#startedAt = place.scope.surroundings.clock.monotonic();
  }

  lineAbout(): LineAbout {
    return aboutDelivery(this.place.handler.spec.name, this.claim.delivery);
  }

  begin(): MaybePromise<unknown> {
    const { scope, handler } = this.place;
    const { delivery } = this.claim;
    return insideHandler(scope, handler.spec.name, correlationOf(this.event, delivery), () =>
      isTracing() ? withHandlerSpan(spanAbout(scope, handler, delivery), async () => this.#isolated()) : this.#isolated(),
    );
  }

  #isolated(): MaybePromise<unknown> {
    const { scope, handler, unit, mode } = this.place;
    const limit = this.#commit === null ? handler.timeLimit : handler.commitTimeLimit;
    return unit.isolate((tx) => scope.deadlines.run(limit, (timed) => this.#handle(tx, timed), this.#startedAt), mode);
  }

  #handle(tx: Tx, timed: TimedRun): MaybePromise<unknown> {
    const { work } = this.place.handler.spec;
    const context = new InvocationContext(this, tx, timed);
    if (this.#commit !== null) return this.#commit(context, this.event);
    return work.kind === "transaction" ? work.run(this.event, context) : undefined;
  }

  succeeded(): InvocationResult {
    this.isOver = true;
    const endedAt = this.place.scope.surroundings.clock.monotonic();
    const durationMicros = Math.round((endedAt - this.#startedAt) * 1000);
    return { ok: true, published: this.published, durationMicros, log: this.log, endedAt };
  }

  failed(error: unknown): InvocationResult {
    this.isOver = true;
    return { ok: false, error: readableError(error), log: this.log };
  }
}

export function personalValuesOf(contract: EventContract | undefined, data: unknown): PersonalValues {
  return personalValues(data, contract?.personal ?? []);
}

/** What a handler's lines are about, beside the story that its code runs in. */
export function aboutDelivery(handler: string, { parked }: Pick<Delivery, "parked">): LineAbout {
  return { handler, attempt: (parked?.attempts.length ?? 0) + 1 };
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
