import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { prepared } from "../index-store/sqlite/prepared.ts";

export type Row = Record<string, SQLOutputValue>;

const patienceMs = 15_000;
const codeOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;
const isBusy = (error: unknown): boolean => codeOf(error) === 5 || codeOf(error) === 6;

/** What a file of SQLite's is to hold. */
export interface SqliteFileKind {
  /** Makes what is not there. */
  readonly tables: string;
  /** Of the tables; a file of a later one is refused. */
  readonly version: number;
  /** Marks the file as this kind's, so that another program's is refused. Absent: any file is taken. */
  readonly applicationId?: number;
  /** Whether a commit is on the disk before it is answered; else a failure of the power may undo the last ones. */
  readonly durable: boolean;
  /** What is thrown where the file cannot be used. */
  readonly unusable: (details: { readonly file: string; readonly what: string }, cause?: unknown) => Error;
}

/** A file that is in order, and not for this. */
class OtherFile extends Error {}

/** One connection to a file of the control plane's own, used in turns; each turn is a transaction. */
export class SqliteFile {
  readonly #db: DatabaseSync;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Rejects with the kind's own error. */
  static async open(path: string, kind: SqliteFileKind): Promise<SqliteFile> {
    let db: DatabaseSync | undefined;
    try {
      if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
      const opened = new DatabaseSync(path, { timeout: 0 });
      db = opened;
      await patiently(() => opened.exec("PRAGMA journal_mode = WAL"));
      opened.exec(`PRAGMA synchronous = ${kind.durable ? "FULL" : "NORMAL"}`);
      await patiently(
        () => createTables(opened, kind),
        () => rollBack(opened),
      );
      return new SqliteFile(opened);
    } catch (error) {
      db?.close();
      const what = error instanceof Error ? error.message : String(error);
      throw kind.unusable({ file: path, what }, error instanceof OtherFile ? undefined : error);
    }
  }

  /** Runs `work` in a transaction of its own; what it throws rolls it back. */
  inTurn<T>(use: "read" | "write", work: (file: SqliteFile) => T): Promise<T> {
    const result = this.#last.then(async () => {
      await patiently(() => this.#db.exec(use === "read" ? "BEGIN" : "BEGIN IMMEDIATE"));
      try {
        const answer = work(this);
        this.#db.exec("COMMIT");
        return answer;
      } catch (error) {
        rollBack(this.#db);
        throw error;
      }
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return prepared(this.#db, sql).all(...values);
  }

  one(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return prepared(this.#db, sql).get(...values);
  }

  /** Answers with the number of rows that changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(prepared(this.#db, sql).run(...values).changes);
  }

  async close(): Promise<void> {
    await this.#last;
    if (this.#db.isOpen) this.#db.close();
  }
}

function createTables(db: DatabaseSync, { tables, version: known, applicationId }: SqliteFileKind): void {
  db.exec("BEGIN IMMEDIATE");
  if (applicationId !== undefined) {
    const marked = Number(db.prepare("PRAGMA application_id").get()?.["application_id"] ?? 0);
    const table = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' LIMIT 1").get()?.["name"];
    if (marked !== applicationId && table !== undefined)
      throw new OtherFile(`it is another program's: it holds the table "${String(table)}"`);
    db.exec(`PRAGMA application_id = ${applicationId}`);
  }
  const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  if (version > known) throw new OtherFile(`a newer version wrote it (its tables are version ${version})`);
  db.exec(`${tables} PRAGMA user_version = ${known}`);
  db.exec("COMMIT");
}

function rollBack(db: DatabaseSync): void {
  if (db.isTransaction) db.exec("ROLLBACK");
}

/** Waits for another process's lock with timers, so that others are answered meanwhile. */
async function patiently(attempt: () => void, undo: () => void = () => undefined): Promise<void> {
  const endsAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      undo();
      if (!isBusy(error) || performance.now() > endsAt) throw error;
      await delay(1 + Math.random() * 10);
    }
  }
}
