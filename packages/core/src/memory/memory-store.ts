import { coreError } from "../errors/index.ts";
import type { Clock } from "../seams/runtime.ts";
import type { Isolation, NewOutboxRow, Store, UnitOfWork, UnitOptions } from "../seams/store.ts";
import { MemoryDatabase } from "./memory-store-database.ts";
import { controlTable } from "./memory-store-controls.ts";
import { handlerTable } from "./memory-store-handlers.ts";
import { leaseTable } from "./memory-store-leases.ts";
import { outboxTable } from "./memory-store-outbox.ts";
import { parkedTable } from "./memory-store-parked.ts";
import { cursorTable, inboxTable, positionTable } from "./memory-store-progress.ts";
import { claimMemoryStore, serviceTable } from "./memory-store-service.ts";
import { MemoryTransaction } from "./memory-store-transaction.ts";
import { publishThrough, runScope, type MemoryTx } from "./memory-store-tx.ts";

export interface MemoryStoreOptions {
  /** Stands in messages. Default "memory". */
  readonly name?: string;
  /** Default 8000. Counted from `open` on, by the clock given there. */
  readonly transactionLimitMs?: number;
}

/** What a commit does once: take effect or not, and then reject. */
export type CommitFailure = "unknown-committed" | "unknown-rolled-back" | Error;

/** Everything a store held at one moment. */
export type MemoryStoreSnapshot = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/**
 * A store in memory for tests and the simulator. It has PostgreSQL's manners: concurrent transactions that read what is
 * committed, row locks, deadlocks (`TX_CONFLICT` for the younger), transactions that a failed statement aborts, and COMMITs of
 * unknown outcome.
 */
export interface MemoryStore extends Store<MemoryTx> {
  /** The application's own transaction: commits when `work` fulfils, rolls back when it rejects. */
  transaction<T>(work: (tx: MemoryTx) => Promise<T>): Promise<T>;
  /** A committed value. */
  get<T = unknown>(key: string): T | undefined;
  /** The committed values whose key begins with `prefix`, sorted by key. */
  entries<T = unknown>(prefix?: string): [key: string, value: T][];
  /** Another connection to the same data, to be opened and closed by itself: another instance, or the next start. */
  connect(): MemoryStore;

  /** The next commit that has written something takes effect or not, and rejects with `COMMIT_UNKNOWN`, or with the error. */
  failNextCommit(how: CommitFailure): void;
  /** While true, this connection's calls reject with `STORE_UNAVAILABLE`; its open transactions are rolled back. */
  unavailable(is: boolean): void;
  snapshot(): MemoryStoreSnapshot;
  /** Puts everything back as it was, sent events forgotten: a restored backup. Every open transaction is rolled back. */
  restore(snapshot: MemoryStoreSnapshot): void;
}

/**
 * @example
 *   const store = createMemoryStore();
 *   await store.transaction((tx) => tx.put("order:1", { total: 10 }));
 *   store.get("order:1"); // { total: 10 }
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return connect(new MemoryDatabase(), {
    name: options.name ?? "memory",
    transactionLimitMs: options.transactionLimitMs ?? 8000,
  });
}

function connect(database: MemoryDatabase, options: Required<MemoryStoreOptions>): MemoryStore {
  const { name, transactionLimitMs } = options;
  const open = new Map<MemoryTransaction, Promise<unknown>>();
  let clock: Clock | null = null;
  let isUnavailable = false;
  let isClosed = false;
  let commitFailure: CommitFailure | null = null;

  const unavailable = (what: string) => coreError("STORE_UNAVAILABLE", { store: name, what });
  const refuse = () => {
    if (isClosed) throw coreError("STORE_CLOSED", { store: name });
    if (isUnavailable) throw unavailable("a test made it unavailable");
  };

  const commit = (transaction: MemoryTransaction) => {
    const failure = transaction.failure();
    if (failure !== null) throw failure;
    const fault = transaction.hasWritten ? commitFailure : null;
    if (fault !== null) commitFailure = null;
    if (fault instanceof Error) throw fault;
    if (fault === "unknown-rolled-back") throw coreError("COMMIT_UNKNOWN", { store: name });
    const news = transaction.commit();
    if (news.hasPublished || news.hasMadeDue) for (const listener of database.listeners) queueMicrotask(() => listener(news));
    if (fault === "unknown-committed") throw coreError("COMMIT_UNKNOWN", { store: name });
  };

  const run = async <T>(
    transaction: MemoryTransaction,
    work: (transaction: MemoryTransaction) => Promise<T>,
    { isRehearsal = false }: UnitOptions,
  ): Promise<T> => {
    const tooLong = coreError("TX_TOO_LONG", { limitMs: transactionLimitMs });
    const limit = clock?.after(transactionLimitMs, () => transaction.abort(tooLong));
    try {
      const result = await transaction.unlessAborted(work(transaction));
      await transaction.idle();
      if (!isRehearsal) commit(transaction);
      return result;
    } finally {
      limit?.cancel();
      transaction.abort(coreError("TX_ENDED", {}));
      open.delete(transaction);
      database.open.delete(transaction);
    }
  };

  const transact = async <T>(work: (transaction: MemoryTransaction) => Promise<T>, options: UnitOptions = {}): Promise<T> => {
    refuse();
    const transaction = new MemoryTransaction(database, { readOnly: options.readOnly ?? false });
    const result = run(transaction, work, options);
    open.set(transaction, result);
    database.open.add(transaction);
    return result;
  };

  const close = async () => {
    isClosed = true;
    await Promise.allSettled(open.values());
  };

  return {
    features: {
      rowLocks: true,
      transactionSettings: true,
      concurrentWriters: true,
      processes: false,
      durable: false,
      hidesStatements: false,
    },
    transactionLimitMs,
    open: async ({ service, surroundings, asFound = false }: Parameters<MemoryStore["open"]>[0]) => {
      // Its data outlives a close, so the same service may be started again.
      isClosed = false;
      refuse();
      claimMemoryStore(database, { store: name, service, asFound });
      clock = surroundings.clock;
    },
    unitOfWork: (work, options) => transact((transaction) => work(unitOver(transaction)), options),
    publishIn: (tx: unknown, rows: readonly NewOutboxRow[]) => publishThrough(tx, database, rows),
    onCommitted: (listener) => {
      database.listeners.add(listener);
      return { stop: () => void database.listeners.delete(listener) };
    },
    close,
    [Symbol.asyncDispose]: close,

    transaction: (work) => transact((transaction) => runScope(transaction, work, { savepoint: false, alone: true })),
    get: <T>(key: string) => structuredClone(database.values.rows.get(key)?.value) as T | undefined,
    entries: <T>(prefix = "") =>
      [...database.values.rows.keys()]
        .filter((key) => key.startsWith(prefix))
        .sort()
        .map((key): [string, T] => [key, structuredClone(database.values.rows.get(key)?.value) as T]),
    connect: () => connect(database, options),

    failNextCommit: (how) => void (commitFailure = how),
    unavailable: (is) => {
      isUnavailable = is;
      if (is) for (const transaction of open.keys()) transaction.abort(unavailable("a test made it unavailable"));
    },
    snapshot: () => database.snapshot(),
    restore: (snapshot) => {
      for (const transaction of database.open) transaction.abort(unavailable("it is being restored"));
      database.restore(snapshot);
    },
  };
}

function unitOver(transaction: MemoryTransaction): UnitOfWork<MemoryTx> {
  return {
    isolate: <Outcome>(work: (tx: MemoryTx) => Outcome, options: Isolation) =>
      runScope(transaction, work, options) as Promise<Awaited<Outcome>>,
    lockHandler: (handlerId) =>
      transaction.statement(async () => void (await transaction.lock({ name: "handler lock" }, String(handlerId)))),
    handlers: handlerTable(transaction),
    cursors: cursorTable(transaction),
    inbox: inboxTable(transaction),
    positions: positionTable(transaction),
    parked: parkedTable(transaction),
    outbox: outboxTable(transaction),
    leases: leaseTable(transaction),
    controls: controlTable(transaction),
    service: serviceTable(transaction),
  };
}
