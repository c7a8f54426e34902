import type { NewOutboxRow, Store, StoreFeatures, UnitOfWork } from "throughline/seams";
import type { Lifeline } from "./lifeline.ts";

/** Where in a transaction a process dies. */
export type CrashPoint = "before COMMIT" | "after COMMIT";

/**
 * The store as one instance of a service has it: the service's own, until the instance dies. Its transactions are then rolled
 * back, as a database does with those of a dead connection.
 */
export class InstanceStore<Tx> implements Store<Tx> {
  readonly features: StoreFeatures;
  readonly transactionLimitMs: number;
  /** The next transaction in which a handler ran and that comes to its COMMIT ends the instance there. */
  crashAt: CrashPoint | null = null;
  readonly #own: Store<Tx>;
  readonly #lifeline: Lifeline;
  readonly #onCrash: () => void;

  constructor(own: Store<Tx>, lifeline: Lifeline, onCrash: () => void) {
    this.#own = own;
    this.#lifeline = lifeline;
    this.#onCrash = onCrash;
    this.features = own.features;
    this.transactionLimitMs = own.transactionLimitMs;
  }

  /** It is open: the kit opens the service's own once, for all instances. */
  async open(): Promise<void> {}

  unitOfWork<T>(work: (unit: UnitOfWork<Tx>) => Promise<T>, options?: { readOnly?: boolean }): Promise<T> {
    return this.#lifeline.run(async () => {
      let ranHandler = false;
      const result = await this.#own.unitOfWork(async (unit) => {
        const watched = watch(unit, () => (ranHandler = true));
        const done = await this.#lifeline.unlessOver(work(watched));
        if (ranHandler && this.crashAt === "before COMMIT") {
          this.#crash();
          // Rolls back; nobody is there to hear of it.
          throw new Error("the process has died");
        }
        return done;
      }, options);
      if (ranHandler && this.crashAt === "after COMMIT") this.#crash();
      return result;
    });
  }

  publishIn(tx: unknown, rows: readonly NewOutboxRow[]): Promise<void> {
    return this.#own.publishIn(tx, rows);
  }

  onCommitted(listener: () => void): { stop(): void } {
    return this.#own.onCommitted(() => {
      if (!this.#lifeline.isOver) listener();
    });
  }

  /** The service's own stays open: the test reads it, and the next instance works on it. */
  async close(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #crash(): void {
    this.crashAt = null;
    this.#onCrash();
  }
}

/** The same unit of work; tells when a handler runs in it. */
function watch<Tx>(unit: UnitOfWork<Tx>, onHandler: () => void): UnitOfWork<Tx> {
  const { handlers, cursors, inbox, positions, parked, outbox, leases } = unit;
  return {
    isolate: (work, options) => {
      onHandler();
      return unit.isolate(work, options);
    },
    handlers,
    cursors,
    inbox,
    positions,
    parked,
    outbox,
    leases,
  };
}
