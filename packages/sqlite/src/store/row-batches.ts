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
    for (; at + batchSize <= rows.length; at += batchSize) this.#run(db, this.#many, shared, rows, at, at + batchSize);
    for (; at < rows.length; at += 1) this.#run(db, this.#one, shared, rows, at, at + 1);
  }

  #run(db: DatabaseSync, sql: string, shared: readonly SqliteValue[], rows: readonly Row[], from: number, to: number): void {
    const values: SqliteValue[] = [];
    for (let at = from; at < to; at += 1) {
      for (let i = 0; i < shared.length; i += 1) values.push(shared[i] as SqliteValue);
      this.#bind(rows[at] as Row, values);
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

  /**
   * What is found, in no order, each row as its columns: an object with names costs twice as much. A batch that is not full is
   * filled up with nulls, which find nothing.
   */
  read<Columns extends readonly SqliteValue[]>(
    db: DatabaseSync,
    shared: readonly SqliteValue[],
    keys: readonly Key[],
  ): Columns[] {
    const found: Columns[] = [];
    for (let at = 0; at < keys.length; at += batchSize) {
      const values = [...shared];
      const end = Math.min(at + batchSize, keys.length);
      for (let i = at; i < end; i += 1) this.#bind(keys[i] as Key, values);
      if (keys.length > 1) while (values.length < shared.length + batchSize) values.push(null);
      const statement = prepared(db, keys.length === 1 ? this.#one : this.#many);
      statement.setReturnArrays(true);
      for (const row of statement.all(...(values as SQLInputValue[]))) found.push(row as unknown as Columns);
    }
    return found;
  }
}

function places(columns: number, rows: number): string {
  const row = `(${Array.from({ length: columns }, () => "?").join(",")})`;
  return Array.from({ length: rows }, () => row).join(",");
}
