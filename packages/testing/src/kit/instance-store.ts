import type { CommitNews, NewOutboxRow, ParkedRow, Store, StoreFeatures, UnitOfWork, UnitOptions } from "throughline/seams";
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
  /** The next transaction that stores what came of an event, and comes to its COMMIT, ends the instance there. */
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

  unitOfWork<T>(work: (unit: UnitOfWork<Tx>) => Promise<T>, options?: UnitOptions): Promise<T> {
    return this.#lifeline.run(async () => {
      let hasOutcome = false;
      const result = await this.#own.unitOfWork(async (unit) => {
        const watched = watch(unit, () => (hasOutcome = true));
        const done = await this.#lifeline.unlessOver(work(watched));
        if (hasOutcome && this.crashAt === "before COMMIT") {
          this.#crash();
          // Rolls back; nobody is there to hear of it.
          throw new Error("the process has died");
        }
        return done;
      }, options);
      if (hasOutcome && this.crashAt === "after COMMIT") this.#crash();
      return result;
    });
  }

  publishIn(tx: unknown, rows: readonly NewOutboxRow[]): Promise<void> {
    return this.#own.publishIn(tx, rows);
  }

  onCommitted(listener: (news: CommitNews) => void): { stop(): void } {
    return this.#own.onCommitted((news) => {
      if (!this.#lifeline.isOver) listener(news);
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

/** The same unit of work; tells when it stores what came of an event: its effects, a failed attempt, a dead letter. */
function watch<Tx>(unit: UnitOfWork<Tx>, onOutcome: () => void): UnitOfWork<Tx> {
  const { inbox, parked } = unit;
  const note = (rows: readonly ParkedRow[]): void => {
    if (rows.some(isOutcome)) onOutcome();
  };
  return instead(unit, {
    inbox: instead(inbox, {
      add: (run, rows) => {
        onOutcome();
        return inbox.add(run, rows);
      },
    }),
    parked: instead(parked, {
      add: (rows) => {
        note(rows);
        return parked.add(rows);
      },
      update: (rows) => {
        note(rows);
        return parked.update(rows);
      },
    }),
  });
}

/** Not one that only waits for its turn or for its call, nor one whose call is out. */
function isOutcome({ state, attempts }: ParkedRow): boolean {
  return state === "dead" || (attempts.length > 0 && attempts.every(({ endedAtMs }) => endedAtMs !== null));
}

/** An object with some of its members replaced; the others stay its own, whatever it is made of. */
function instead<T extends object>(own: T, replaced: Partial<T>): T {
  return new Proxy(own, {
    get: (_, name) => {
      if (name in replaced) return replaced[name as keyof T];
      const member: unknown = Reflect.get(own, name, own);
      return typeof member === "function" ? (member.bind(own) as unknown) : member;
    },
  });
}
