import type { EventContract, EventData } from "../contract/index.ts";
import type { OrderPolicy } from "../handling/order-decision.ts";
import type { Logger } from "../logging/index.ts";
import type { Event } from "./event.ts";

/** What a handler may use besides the event. */
export interface HandlerContext<Tx> {
  /** The store's client, in the transaction that also marks the event as handled. Refuses use once the handler settled. */
  readonly tx: Tx;
  /**
   * Publishes in the same transaction, with this event as the cause. Returns the new event's id, which is the same each
   * time this event is handled. Rejects with `EVENT_INVALID`.
   */
  publish<Contract extends EventContract>(
    contract: Contract,
    data: EventData<Contract>,
    options?: { id?: string },
  ): Promise<string>;
  /** Lines are written when the outcome is known, with `rolledBack: true` if nothing came of them. */
  readonly log: Logger;
  /** Aborts when the handler's time is over or the service closes. */
  readonly signal: AbortSignal;
  /** The handler's run through history: higher than 1 after a rebuild or in a rerun. */
  readonly epoch: number;
  /** 1 at the first try. */
  readonly attempt: number;
  readonly handler: string;
  /**
   * The event is only rehearsed: the transaction is rolled back, and nothing is published. What the handler does outside of `tx`
   * cannot be undone: leave it out then.
   */
  readonly isRehearsal: boolean;
}

/** Reacts to an event inside one transaction with its effects. Throwing retries it; see `PermanentError`, `RetryLater`. */
export type TransactionHandler<E extends Event, Tx> = (event: E, context: HandlerContext<Tx>) => Promise<void> | void;

export interface CallContext {
  /** The event's id: give it to whatever is called, so that a repeated call is recognised there. */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly attempt: number;
  readonly epoch: number;
}

/** Reacts to an event by calling something outside the store, with no transaction open while it works. At least once. */
export interface CallHandler<E extends Event, Tx, Result = unknown> {
  call(event: E, context: CallContext): Promise<Result>;
  /** Runs in the transaction that marks the event as handled. */
  commit?(result: Result, event: E, context: HandlerContext<Tx>): Promise<unknown> | void;
  /**
   * Asks the outside whether a call with this key happened, when the key may have expired there: a result, or undefined if
   * it did not. Without it such an event becomes a dead letter, reason `uncertain`.
   */
  check?(event: E, context: CallContext): Promise<Result | undefined>;
}

export type StartPosition = "earliest" | "latest" | "group" | { readonly timeMs: number };

export interface HandlerOptions<Tx = unknown> {
  /** Default: `sequential` where events are numbered; `any`, and nothing else, for those that were adopted. */
  readonly order?: OrderPolicy;
  /** Where the handler begins when it has never run. Default: the service's `from`. */
  readonly from?: StartPosition;
  /** `own` gives each event a transaction of its own. Default: `shared`, unless the store's client hides its statements. */
  readonly transaction?: "shared" | "own";
  /**
   * Handlers of different subjects run at once in one transaction, for handlers that only write: each statement is atomic, and
   * no more is promised. One that returns rows or locks ends it for good. Default: false.
   */
  readonly overlap?: boolean;
  /** Default: 5,000 ms in a transaction, less where the store's limit is lower; 30,000 ms for a `call`. */
  readonly timeoutMs?: number;
  /** How long to wait before each retry, ± 20 %. Default: the service's. */
  readonly retryDelaysMs?: readonly number[];
  /** How many events it may hold parked, dead letters too, before it reads no more. Default: the service's, 100,000. */
  readonly maxParked?: number;
  /** What happens to later events of the subject. Default: `hold` for `sequential`, else `continue`. */
  readonly afterDeadLetter?: "hold" | "continue";
  /** Former names: the handler goes on where they stood. */
  readonly renamedFrom?: string | readonly string[];
  /** Log time to wait for a missing predecessor. Default: 60,000 ms. */
  readonly gapDeadlineMs?: number;
  /** Log time in which a subject met in the middle of its history is put in order. Default: 10,000 ms. */
  readonly reorderWindowMs?: number;
  /** Called in the transaction that starts a rebuild: delete what the handler made. A handler without it cannot be rebuilt. */
  readonly onReset?: (tx: Tx) => Promise<void> | void;
  /** `call` handlers: how many calls run at once. Default: 50. */
  readonly concurrency?: number;
  /** `call` handlers: how long the outside remembers an idempotency key. Default: 24 hours. */
  readonly keyValidForMs?: number;
  /** `call` handlers: whether history is called again in a backfill, rebuild or rerun. Required unless `from` is `latest`. */
  readonly replay?: "run" | "skip";
}
