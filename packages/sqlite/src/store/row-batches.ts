import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { prepared } from "../database/prepared.ts";
import type { SqliteValue } from "./sqlite-tx.ts";

/** Measured: larger batches win nothing, and smaller ones pay for each call into SQLite. */
const batchSize = 50;

export interface RowBatchesOptions<Row> {
  /** How many parameters each row has; `bind` appends them. */
  readonly columns: number;
  readonly bind: (row: Row, values: SqliteValue[]) => void;
  /**
   * The statement; `rows` is `(?,?),(?,?) …`, for VALUES, or with one column for IN. No numbered parameters: node:sqlite searches
   * their names for each value.
   */
  readonly text: (rows: string) => string;
}

/** Writes many rows with few statements, each row behind the values that all share. */
export class RowWriter<Row> {
  readonly #one: string;
  readonly #many: string;
  readonly #bind: RowBatchesOptions<Row>["bind"];

  constructor({ columns, bind, text }: RowBatchesOptions<Row>) {
    this.#one = text(places(columns, 1));
    this.#many = text(places(columns, batchSize));
    this.#bind = bind;
  }

  /** Writes the rows in their order. */
  write(db: DatabaseSync, shared: readonly SqliteValue[], rows: readonly Row[]): void {
    let at = 0;
    for (; at + batchSize <= rows.length; at += batchSize) this.#run(db, this.#many, shared, rows.slice(at, at + batchSize));
    for (; at < rows.length; at += 1) this.#run(db, this.#one, shared, rows.slice(at, at + 1));
  }

  #run(db: DatabaseSync, sql: string, shared: readonly SqliteValue[], rows: readonly Row[]): void {
    const values: SqliteValue[] = [];
    for (const row of rows) {
      for (const value of shared) values.push(value);
      this.#bind(row, values);
    }
    prepared(db, sql).run(...(values as SQLInputValue[]));
  }
}

/** Looks many keys up with few statements; the values that all share stand before them. */
export class KeyReader<Key> {
  readonly #one: string;
  readonly #many: string;
  readonly #bind: RowBatchesOptions<Key>["bind"];

  constructor({ bind, text }: Omit<RowBatchesOptions<Key>, "columns">) {
    this.#one = text(places(1, 1));
    this.#many = text(places(1, batchSize));
    this.#bind = bind;
  }

  /** What is found, in no order. A batch that is not full is filled up with nulls, which find nothing. */
  read<Found>(db: DatabaseSync, shared: readonly SqliteValue[], keys: readonly Key[]): Found[] {
    const found: Found[] = [];
    for (let at = 0; at < keys.length; at += batchSize) {
      const values = [...shared];
      for (const key of keys.slice(at, at + batchSize)) this.#bind(key, values);
      if (keys.length > 1) while (values.length < shared.length + batchSize) values.push(null);
      for (const row of prepared(db, keys.length === 1 ? this.#one : this.#many).all(...(values as SQLInputValue[])))
        found.push(row as Found);
    }
    return found;
  }
}

function places(columns: number, rows: number): string {
  const row = `(${Array.from({ length: columns }, () => "?").join(",")})`;
  return Array.from({ length: rows }, () => row).join(",");
}
