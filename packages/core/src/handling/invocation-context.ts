import type { EventContract } from "../contract/index.ts";
import { derivedEventId } from "../envelope/index.ts";
import { coreError } from "../errors/index.ts";
import type { HandlerContext } from "../service/handler.ts";
import { outboxRow } from "../service/outbox-row.ts";
import type { HandlerRun } from "./handler-invocation.ts";
import type { TimedRun } from "./run-deadlines.ts";

/** What a handler gets beside its event. A class, for an object with getters of its own costs more than all the rest of it. */
export class InvocationContext<Tx> implements HandlerContext<Tx> {
  readonly tx: Tx;
  readonly epoch: number;
  readonly attempt: number;
  readonly handler: string;
  readonly #run: HandlerRun<Tx>;
  readonly #timed: TimedRun;

  constructor(run: HandlerRun<Tx>, tx: Tx, timed: TimedRun) {
    this.tx = tx;
    this.epoch = run.place.run.epoch;
    this.attempt = (run.claim.delivery.parked?.attempts.length ?? 0) + 1;
    this.handler = run.place.handler.spec.name;
    this.#run = run;
    this.#timed = timed;
  }

  get log() {
    return this.#run.log.log;
  }

  get isRehearsal() {
    return this.#run.place.scope.isRehearsal;
  }

  get signal() {
    return this.#timed.signal;
  }

  /** Bound, so that it can be taken out of the context. */
  get publish(): HandlerContext<Tx>["publish"] {
    return (contract, data, options) => this.#publish(contract, data, options);
  }

  async #publish(contract: EventContract, data: unknown, options: { id?: string } = {}): Promise<string> {
    const run = this.#run;
    const { delivery, publishes } = run.claim;
    // What it publishes is known by its cause, so that doing it again makes the same ids.
    const causeTimeMs = delivery.event?.timeMs ?? delivery.record.timestampMs;
    const id = options.id ?? derivedEventId(run.event.id, causeTimeMs, this.handler, run.ordinal++);
    const row = outboxRow(run.place.scope, contract, data, { id, once: options.id !== undefined });
    if (run.isOver) throw coreError("TX_ENDED", {});
    if (publishes) run.published.push(row);
    return id;
  }
}
