import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { prepared } from "../database/prepared.ts";
import type { SqliteValue } from "./sqlite-tx.ts";

/** Measured: larger batches win nothing, and smaller ones pay for each call into SQLite. */
const batchSize = 50;

export interface RowBatchesOptions<Row> {
  /** How many parameters (`?1` …) all rows share. */
  readonly shared: number;
  /** Whether each row begins with them, as in an INSERT of a run's rows. */
  readonly sharedInRows?: boolean;
  /** How many parameters each row has of its own; `bind` appends them. */
  readonly columns: number;
  readonly bind: (row: Row, values: SqliteValue[]) => void;
  /** The statement; `rows` is `(?1,?2,?3),(?1,?2,?4) …`, for VALUES, or with one column for IN. */
  readonly text: (rows: string) => string;
}

/** A statement that takes many rows at a time. */
export class RowBatches<Row> {
  readonly #options: RowBatchesOptions<Row>;
  readonly #one: string;
  readonly #many: string;

  constructor(options: RowBatchesOptions<Row>) {
    this.#options = options;
    this.#one = options.text(places(options, 1));
    this.#many = options.text(places(options, batchSize));
  }

  /** Runs a writing statement for all rows, in their order. */
  run(db: DatabaseSync, shared: readonly SqliteValue[], rows: readonly Row[]): void {
    let at = 0;
    for (; at + batchSize <= rows.length; at += batchSize) prepared(db, this.#many).run(...this.#values(shared, rows, at, at + batchSize));
    for (; at < rows.length; at += 1) prepared(db, this.#one).run(...this.#values(shared, rows, at, at + 1));
  }

  /** What a reading statement finds for all rows. A batch that is not full is filled up with nulls, which must find nothing. */
  all<Found>(db: DatabaseSync, shared: readonly SqliteValue[], rows: readonly Row[]): Found[] {
    if (rows.length === 1) return prepared(db, this.#one).all(...this.#values(shared, rows, 0, 1)) as Found[];
    const found: Found[] = [];
    for (let at = 0; at < rows.length; at += batchSize) {
      const values = this.#values(shared, rows, at, Math.min(at + batchSize, rows.length));
      while (values.length < shared.length + batchSize * this.#options.columns) values.push(null);
      for (const row of prepared(db, this.#many).all(...values)) found.push(row as Found);
    }
    return found;
  }

  #values(shared: readonly SqliteValue[], rows: readonly Row[], from: number, to: number): SQLInputValue[] {
    const values = [...shared];
    for (let i = from; i < to; i += 1) this.#options.bind(rows[i] as Row, values);
    return values as SQLInputValue[];
  }
}

function places<Row>({ shared, sharedInRows, columns }: RowBatchesOptions<Row>, rows: number): string {
  const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => `?${from + i}`);
  const first = sharedInRows === true ? numbers(1, shared) : [];
  return Array.from({ length: rows }, (_, row) => `(${[...first, ...numbers(shared + row * columns + 1, columns)].join(",")})`).join(",");
}
