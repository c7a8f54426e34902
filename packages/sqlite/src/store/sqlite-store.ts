import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { CommitNews, NewOutboxRow, Store, StoreFeatures, Surroundings, UnitOfWork, UnitOptions } from "throughline/seams";
import { coreError, crashPoint, isThroughlineError } from "throughline/seams";
import { sqlitePath } from "../database/sqlite-address.ts";
import { Wake } from "../database/wake.ts";
import { SqliteWriter } from "../database/writer.ts";
import { failureKind } from "../database/sqlite-failure.ts";
import { sqliteError, storeFailure } from "../errors/index.ts";
import { claimStore } from "./claim-store.ts";
import { migrateStore, migrations } from "./migrate.ts";
import { OpenTransaction } from "./open-transaction.ts";
import { scopeOf } from "./scoped-tx.ts";
import type { SqliteParameter, SqliteTx, SqliteValue } from "./sqlite-tx.ts";
import { addToOutbox } from "./tables/outbox-table.ts";
import { unitOfWork } from "./unit-of-work.ts";

export interface SqliteStoreOptions {
  /** `sqlite:./data/billing.db` or a path. The file and its folders are made where they do not exist. */
  readonly file: string;
  /** The application's own tables, run each time the store is opened: `CREATE TABLE IF NOT EXISTS …`. Default: none. */
  readonly tables?: string;
  /** Whether opening brings Throughline's tables to this version (default), or refuses a store that is behind. */
  readonly migrate?: boolean;
  /** What a commit survives: "process" (default), kill -9; "power", the loss of power too, at a third of the speed. */
  readonly durability?: "process" | "power";
  /** A transaction that is open longer is rolled back with `TX_TOO_LONG`. Milliseconds; default 1,000. */
  readonly transactionLimitMs?: number;
}

/** A service's own database in one file, with Throughline's tables beside the application's. */
export interface SqliteStore extends Store<SqliteTx> {
  /**
   * The application's own transaction: for routes. Commits when `work` fulfils and rolls back when it rejects. All writers of
   * the file take turns; one that awaits inside holds up the others, so do slow work before or after.
   * @example
   *   await store.transaction(async (tx) => {
   *     tx.run("UPDATE orders SET state = 'completed' WHERE id = ?", id);
   *     await orders.publish(OrderCompleted, { order_id: id, total }, { tx });
   *   });
   */
  transaction<T>(work: (tx: SqliteTx) => Promise<T> | T): Promise<T>;
  /** Reads one committed state of the store, beside the writers. Statements that write are refused. */
  read<T>(work: (tx: SqliteTx) => Promise<T> | T): Promise<T>;
  /** Reads the rows of one statement: a `read` of its own. */
  all<Row = Record<string, SqliteValue>>(sql: string, ...parameters: readonly SqliteParameter[]): Promise<Row[]>;
  /** The first row, if there is one. */
  get<Row = Record<string, SqliteValue>>(sql: string, ...parameters: readonly SqliteParameter[]): Promise<Row | undefined>;
}

/**
 * The embedded store on SQLite. It opens its file when its service starts; until then everything is refused.
 * @example
 *   const store = sqlite({ file: "sqlite:./data/billing.db", tables: "CREATE TABLE IF NOT EXISTS invoices (order_id TEXT, total INTEGER)" });
 *   const billing = createService({ name: "billing", store, … });
 */
export function sqlite(pathOrOptions: string | SqliteStoreOptions): SqliteStore {
  return new FileStore(typeof pathOrOptions === "string" ? { file: pathOrOptions } : pathOrOptions);
}

/** The file that tells of a commit does not tell of what. */
const anyNews: CommitNews = { hasPublished: true, hasMadeDue: true };

interface Opened {
  readonly writer: SqliteWriter;
  readonly wake: Wake;
  readonly surroundings: Surroundings;
}

class FileStore implements SqliteStore {
  readonly features: StoreFeatures = {
    rowLocks: false,
    transactionSettings: false,
    concurrentWriters: false,
    processes: true,
    durable: true,
    hidesStatements: false,
  };
  readonly transactionLimitMs: number;
  readonly #options: SqliteStoreOptions;
  readonly #path: string;
  readonly #listeners = new Set<(news: CommitNews) => void>();
  #opened: Opened | null = null;
  #isClosed = false;

  constructor(options: SqliteStoreOptions) {
    this.#options = options;
    this.#path = sqlitePath(options.file);
    this.transactionLimitMs = options.transactionLimitMs ?? 1_000;
  }

  async open({ service, surroundings, asFound = false }: Parameters<Store["open"]>[0]): Promise<void> {
    const { tables, migrate = true, durability = "process" } = this.#options;
    if (asFound && !existsSync(this.#path))
      throw coreError("STORE_NOT_MIGRATED", { store: this.#path, found: 0, needed: migrations.length });
    const writer = await SqliteWriter.open(this.#path, {
      mapFailure: storeFailure(this.#path),
      durability,
      follow: true,
      random: surroundings.random.next,
    });
    const { file } = writer;
    try {
      await writer.transaction((db) => {
        migrateStore(db, { file, migrate: migrate && !asFound, nowMs: surroundings.clock.now() });
        claimStore(db, { file, service, asFound });
        if (tables !== undefined && !asFound) createTables(db, { file, tables });
        crashPoint("store.before-open-commit");
      });
      crashPoint("store.after-open");
    } catch (error) {
      await writer.close();
      throw error;
    }
    const wake = new Wake(file);
    wake.listen(() => {
      for (const listener of this.#listeners) listener(anyNews);
    });
    const before = this.#opened;
    this.#opened = { writer, wake, surroundings };
    this.#isClosed = false;
    await release(before);
  }

  async unitOfWork<T>(work: (unit: UnitOfWork<SqliteTx>) => Promise<T>, options: UnitOptions = {}): Promise<T> {
    const { writer, wake, surroundings } = this.#whenOpen();
    const { readOnly = false, isRehearsal = false } = options;
    let wakesListeners = false;
    const inTransaction = async (db: DatabaseSync): Promise<T> => {
      const transaction = new OpenTransaction(db, { file: writer.file, readOnly });
      const result = await transaction.run(() => work(unitOfWork(transaction)), {
        clock: surroundings.clock,
        limitMs: this.transactionLimitMs,
      });
      if (isRehearsal) throw new Rehearsed(result);
      ({ wakesListeners } = transaction);
      return result;
    };
    if (isRehearsal) return writer.transaction(inTransaction).catch(resultOf<T>);
    const result = await (readOnly ? writer.read(inTransaction) : writer.transaction(inTransaction));
    crashPoint("store.before-wake");
    if (wakesListeners) wake.signal();
    return result;
  }

  transaction<T>(work: (tx: SqliteTx) => Promise<T> | T): Promise<T> {
    return this.unitOfWork((unit) => unit.isolate(async (tx) => work(tx), { savepoint: false, alone: true }));
  }

  read<T>(work: (tx: SqliteTx) => Promise<T> | T): Promise<T> {
    return this.unitOfWork((unit) => unit.isolate(async (tx) => work(tx), { savepoint: false, alone: true }), { readOnly: true });
  }

  all<Row = Record<string, SqliteValue>>(sql: string, ...parameters: readonly SqliteParameter[]): Promise<Row[]> {
    return this.read((tx) => tx.all<Row>(sql, ...parameters));
  }

  get<Row = Record<string, SqliteValue>>(sql: string, ...parameters: readonly SqliteParameter[]): Promise<Row | undefined> {
    return this.read((tx) => tx.get<Row>(sql, ...parameters));
  }

  async publishIn(tx: unknown, rows: readonly NewOutboxRow[]): Promise<void> {
    const { writer } = this.#whenOpen();
    const found = scopeOf(tx);
    if (found === null) throw txRequired(describe(tx));
    const { scope, level } = found;
    if (scope.transaction.file !== writer.file) throw txRequired(`a transaction of another store, ${scope.transaction.file}`);
    if (scope.transaction.readOnly) throw txRequired("a reading transaction");
    const refusal = scope.refusal(level);
    if (isThroughlineError(refusal, "TX_TOO_LONG")) throw refusal;
    if (refusal !== null) throw txRequired("a transaction that has ended");
    scope.statement(level, () => addToOutbox(scope.transaction, rows));
  }

  onCommitted(listener: (news: CommitNews) => void): { stop(): void } {
    // A wrapper, so that the same function may listen twice.
    const own = (news: CommitNews): void => listener(news);
    this.#listeners.add(own);
    return { stop: () => void this.#listeners.delete(own) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await release(this.#opened);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #whenOpen(): Opened {
    if (this.#isClosed) throw coreError("STORE_CLOSED", { store: this.#path });
    if (this.#opened === null)
      throw coreError("STORE_UNAVAILABLE", { store: this.#path, what: "it is not open yet; start its service first" });
    return this.#opened;
  }
}

/** Has its transaction rolled back, though its work is done. */
class Rehearsed extends Error {
  readonly result: unknown;

  constructor(result: unknown) {
    super("it was a rehearsal");
    this.result = result;
  }
}

function resultOf<T>(error: unknown): T {
  if (error instanceof Rehearsed) return error.result as T;
  throw error;
}

function createTables(db: DatabaseSync, { file, tables }: { file: string; tables: string }): void {
  try {
    db.exec(tables);
  } catch (error) {
    if (failureKind(error) !== null) throw error;
    throw sqliteError("SQLITE_TABLES_INVALID", { file, what: (error as Error).message }, error);
  }
}

async function release(opened: Opened | null): Promise<void> {
  await opened?.writer.close();
  // Last, for what was committed meanwhile is still to be told.
  opened?.wake.close();
}

function txRequired(given: string): Error {
  return coreError("TX_REQUIRED", {
    given,
    expected: "the tx that store.transaction(async (tx) => …) or a handler's ctx.tx gives",
  });
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  const name = (value.constructor as { name?: string } | undefined)?.name;
  return name === undefined || name === "" || name === "Object"
    ? "an object that is no transaction"
    : `a ${name}, which is no transaction of this store`;
}
