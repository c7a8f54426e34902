import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { controlError } from "../errors/catalogue.ts";
import { prepared } from "../index-store/sqlite/prepared.ts";
import { lagTables, lagTablesVersion } from "./lag-tables.ts";

export type Row = Record<string, SQLOutputValue>;

const patienceMs = 15_000;
const codeOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff;
const isBusy = (error: unknown): boolean => codeOf(error) === 5 || codeOf(error) === 6;

/** One connection to the watcher's file, used in turns; each turn is a transaction. */
export class SqliteFile {
  readonly #db: DatabaseSync;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** @throws LAG_STORE_UNUSABLE */
  static async open(path: string): Promise<SqliteFile> {
    let db: DatabaseSync | undefined;
    try {
      if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
      const opened = new DatabaseSync(path, { timeout: 0 });
      db = opened;
      await patiently(() => opened.exec("PRAGMA journal_mode = WAL"));
      opened.exec("PRAGMA synchronous = NORMAL");
      await patiently(
        () => createTables(opened, path),
        () => rollBack(opened),
      );
      return new SqliteFile(opened);
    } catch (error) {
      db?.close();
      if ((error as { code?: unknown }).code === "LAG_STORE_UNUSABLE") throw error;
      throw controlError(
        "LAG_STORE_UNUSABLE",
        { file: path, what: error instanceof Error ? error.message : String(error) },
        error,
      );
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

function createTables(db: DatabaseSync, file: string): void {
  db.exec("BEGIN IMMEDIATE");
  const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  if (version > lagTablesVersion)
    throw controlError("LAG_STORE_UNUSABLE", { file, what: `a newer version wrote it (its tables are version ${version})` });
  db.exec(`${lagTables} PRAGMA user_version = ${lagTablesVersion}`);
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
