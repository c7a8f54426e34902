import { coreError, isThroughlineError } from "../errors/index.ts";
import type { CommitNews, NewOutboxRow, ParkedRow } from "../seams/store.ts";
import { copyOf, type MemoryDatabase, type MemoryTable } from "./memory-store-database.ts";
import { memoryStoreError } from "./memory-store-errors.ts";
import type { LockHolder, Waiting } from "./memory-store-locks.ts";

const deleted = Symbol("deleted");

/**
 * One transaction over all tables, with PostgreSQL's manners: it reads what is committed plus what it wrote itself, locks the
 * rows it writes, and after a failed statement refuses everything until a savepoint before it is rolled back to.
 *
 * One mechanism undoes it all: whatever changes (a row, a lock, a setting, an event to publish, the failure) pushes its
 * reverse onto one stack. A savepoint is a height of that stack.
 */
export class MemoryTransaction implements LockHolder {
  readonly database: MemoryDatabase;
  readonly age: number;
  waiting: Waiting | null = null;
  /** There is something to do that the tables themselves do not show. */
  hasPublished = false;
  readonly settings = new Map<string, string>();
  readonly #published: NewOutboxRow[] = [];
  readonly #readOnly: boolean;
  readonly #written = new Map<MemoryTable<unknown>, Map<string, unknown>>();
  readonly #undo: (() => void)[] = [];
  readonly #aborted = Promise.withResolvers<never>();
  #failure: { readonly error: unknown } | null = null;
  #ended: Error | null = null;
  #lastStatement: Promise<unknown> = Promise.resolve();

  constructor(database: MemoryDatabase, options: { readOnly: boolean }) {
    this.database = database;
    this.age = database.draw("transaction");
    this.#readOnly = options.readOnly;
    this.#aborted.promise.catch(() => undefined);
  }

  // --- statements -----------------------------------------------------------------------------------------------------

  /** Runs a statement after those before it. Its rejection needs no handler: it fails the transaction anyway. */
  statement<T>(run: () => T | Promise<T>): Promise<T> {
    const result = this.#lastStatement.then(async () => {
      this.#refuseIfEnded();
      if (this.#failure !== null) throw statementFailed(this.#failure.error);
      try {
        return await run();
      } catch (error) {
        this.fail(error);
        throw error;
      }
    });
    this.#lastStatement = result.catch(() => undefined);
    return result;
  }

  /** Resolves when no statement is running. */
  async idle(): Promise<void> {
    for (let last = null; last !== this.#lastStatement;) await (last = this.#lastStatement);
  }

  /** Settles as `work` does, unless the transaction is aborted first. */
  unlessAborted<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#aborted.promise]);
  }

  /** Refuses everything from now on, until a savepoint from before is rolled back to. */
  fail(error: unknown): void {
    if (this.#failure !== null || this.#ended !== null) return;
    this.#failure = { error };
    this.#undo.push(() => (this.#failure = null));
  }

  /** Why it cannot commit as it stands; null when it can. */
  failure(): Error | null {
    return this.#ended ?? (this.#failure && statementFailed(this.#failure.error));
  }

  // --- rows: inside a statement only -------------------------------------------------------------------------------------

  get<Row>(table: MemoryTable<Row>, key: string): Row | undefined {
    const written = this.#written.get(table as MemoryTable<unknown>);
    if (written === undefined || !written.has(key)) return table.rows.get(key);
    const row = written.get(key);
    return row === deleted ? undefined : (row as Row);
  }

  /** Every row by key, in the order of its first commit, then what this transaction added. */
  rows<Row>(table: MemoryTable<Row>): ReadonlyMap<string, Row> {
    const written = this.#written.get(table as MemoryTable<unknown>);
    if (written === undefined) return table.rows;
    const rows = new Map(table.rows);
    for (const [key, row] of written) {
      if (row === deleted) rows.delete(key);
      else rows.set(key, row as Row);
    }
    return rows;
  }

  find<Row>(table: MemoryTable<Row>, matches: (row: Row) => boolean = () => true): Row[] {
    const found: Row[] = [];
    for (const row of this.rows(table).values()) if (matches(row)) found.push(row);
    return found;
  }

  /** Locks a row, there or not, until the transaction ends or the savepoint before is rolled back to. */
  async lock(table: { readonly name: string }, key: string, options: { wait: boolean } = { wait: true }): Promise<boolean> {
    this.#refuseIfEnded();
    const { locks } = this.database;
    const name = `${table.name} ${key}`;
    if (locks.holds(name, this)) return true;
    if (options.wait) await locks.acquire(name, this);
    else if (!locks.tryAcquire(name, this)) return false;
    this.#undo.push(() => locks.release(name, this));
    if (this.#ended !== null) this.rollbackTo(0); // aborted between the grant and now
    this.#refuseIfEnded();
    return true;
  }

  /** Locks a row, then writes what `change` makes of its newest version; undefined deletes it, the same row changes nothing. */
  async change<Row>(table: MemoryTable<Row>, key: string, change: (row: Row | undefined) => Row | undefined): Promise<void> {
    if (this.#readOnly) throw memoryStoreError("MEMORY_READ_ONLY", { table: table.name });
    await this.lock(table, key);
    const before = this.get(table, key);
    const after = change(before);
    if (after === before) return;
    const written = this.#writtenIn(table as MemoryTable<unknown>);
    const undo = written.has(key) ? written.get(key) : undefined;
    written.set(key, after === undefined ? deleted : table.copy(after));
    this.#undo.push(() => (undo === undefined ? written.delete(key) : written.set(key, undo)));
  }

  put<Row>(table: MemoryTable<Row>, key: string, row: Row): Promise<void> {
    return this.change(table, key, () => row);
  }

  delete<Row>(table: MemoryTable<Row>, key: string): Promise<void> {
    return this.change(table, key, () => undefined);
  }

  /** Deletes the rows that match, at most `limit`; returns how many. */
  async deleteWhere<Row>(table: MemoryTable<Row>, matches: (row: Row) => boolean, limit = Infinity): Promise<number> {
    const keys = [...this.rows(table)].filter(([, row]) => matches(row)).slice(0, limit);
    for (const [key] of keys) await this.delete(table, key);
    return keys.length;
  }

  /** Deletes the rows that match, and answers with them as they stood when their locks were got. */
  async takeWhere<Row>(table: MemoryTable<Row>, matches: (row: Row) => boolean): Promise<Row[]> {
    const taken: Row[] = [];
    for (const key of [...this.rows(table)].filter(([, row]) => matches(row)).map(([found]) => found)) {
      await this.change(table, key, (row) => {
        if (row !== undefined) taken.push(row);
        return undefined;
      });
    }
    return taken;
  }

  /** Adds rows to the outbox; they get their tickets when the transaction commits. */
  publish(rows: readonly NewOutboxRow[]): void {
    if (this.#readOnly) throw memoryStoreError("MEMORY_READ_ONLY", { table: "outbox" });
    const before = this.#published.length;
    this.#published.push(...rows.map(copyOf));
    this.#undo.push(() => (this.#published.length = before));
  }

  set(name: string, value: string): void {
    const before = this.settings.get(name);
    this.settings.set(name, value);
    this.#undo.push(() => (before === undefined ? this.settings.delete(name) : this.settings.set(name, before)));
  }

  // --- savepoints and the end -----------------------------------------------------------------------------------------------

  savepoint(): number {
    return this.#undo.length;
  }

  rollbackTo(savepoint: number): void {
    while (this.#undo.length > savepoint) this.#undo.pop()?.();
  }

  /** Ends it with nothing written; what runs or waits in it rejects with `error`. */
  abort(error: Error): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    this.waiting?.refuse(error);
    this.rollbackTo(0);
    this.#aborted.reject(error);
  }

  get hasWritten(): boolean {
    return this.#published.length > 0 || [...this.#written.values()].some((rows) => rows.size > 0);
  }

  /** Writes everything at once and ends. */
  commit(): CommitNews {
    const { parked } = this.database;
    const hasPublished = this.hasPublished || this.#published.length > 0;
    let hasMadeDue = false;
    for (const [table, rows] of this.#written) {
      for (const [key, row] of rows) {
        if (row === deleted) table.rows.delete(key);
        else table.rows.set(key, row);
        hasMadeDue ||= table === parked && row !== deleted && (row as ParkedRow).dueAtMs !== null;
      }
    }
    this.database.publish(this.#published);
    this.#ended = coreError("TX_ENDED", {});
    this.rollbackTo(0);
    return { hasPublished, hasMadeDue };
  }

  #refuseIfEnded(): void {
    if (this.#ended !== null) throw this.#ended;
  }

  #writtenIn(table: MemoryTable<unknown>): Map<string, unknown> {
    let rows = this.#written.get(table);
    if (rows === undefined) this.#written.set(table, (rows = new Map()));
    return rows;
  }
}

/** A conflict stays what it is, for the runtime knows what to do about it; any other failure is the handler's. */
export function statementFailed(error: unknown): Error {
  if (isThroughlineError(error) && error.retryable) return error;
  if (isThroughlineError(error, "TX_STATEMENT_FAILED")) return error;
  return coreError("TX_STATEMENT_FAILED", { what: error instanceof Error ? error.message : String(error) }, error);
}
