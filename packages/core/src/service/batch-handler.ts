import type { EventContract, EventData } from "../contract/index.ts";
import type { Logger } from "../logging/index.ts";
import type { Event } from "./event.ts";
import type { HandlerOptions } from "./handler.ts";

/** What a set-based handler may use besides the events. */
export interface BatchContext<Tx> {
  /** The store's client, in the transaction that also marks the events as handled. Refuses use once the handler settled. */
  readonly tx: Tx;
  /**
   * Publishes in the same transaction, because of one of the call's events: with its correlation id and tenant. Returns the new
   * event's id, which is the same each time that event is handled. Rejects with `EVENT_INVALID`, `PUBLISH_WITHOUT_CAUSE`.
   */
  publish<Contract extends EventContract>(
    contract: Contract,
    data: EventData<Contract>,
    options: { cause: Event; id?: string },
  ): Promise<string>;
  /** For the call as a whole: its lines carry no correlation id. Written when the outcome is known. */
  readonly log: Logger;
  /** For one event: its lines carry the event's correlation id and tenant. */
  logFor(event: Event): Logger;
  /** Aborts when the handler's time is over or the service closes. */
  readonly signal: AbortSignal;
  /** The handler's run through history: higher than 1 after a rebuild or in a rerun. */
  readonly epoch: number;
  readonly handler: string;
  /** As in `HandlerContext`. */
  readonly isRehearsal: boolean;
}

/** Reacts to many events in one call, inside one transaction with its effects: with one statement for all, where it can. */
export type BatchHandler<E extends Event, Tx> = (events: readonly E[], context: BatchContext<Tx>) => Promise<void> | void;

export interface BatchHandlerOptions<Tx = unknown> extends Omit<
  HandlerOptions<Tx>,
  "overlap" | "concurrency" | "keyValidForMs" | "replay"
> {
  /** Whether one call may hold several events of a subject, in order. Default: false. */
  readonly manyPerSubject?: boolean;
}
