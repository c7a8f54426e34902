import type { DatabaseSync, StatementSync } from "node:sqlite";
import { partitionForKey } from "throughline/seams";
import { openByHand } from "./hand-database.ts";

export const partitionCount = 6;
const offsetsPerPartition = 2 ** 36;

export interface HandRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** As it is read: the headers are JSON still. */
export type StoredRecord = Omit<HandRecord, "headers"> & { readonly headers: string };

/** A log as one would write it by hand: partitions side by side in one table, appends and reads in batches. */
export class HandLog {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #select: StatementSync;
  readonly #end: StatementSync;

  constructor(file: string) {
    this.#db = openByHand(
      file,
      8192,
      `CREATE TABLE partition (number INTEGER PRIMARY KEY, end_offset INTEGER NOT NULL, bytes INTEGER NOT NULL);
       CREATE TABLE record (id INTEGER PRIMARY KEY, timestamp_ms INTEGER NOT NULL, key BLOB, value BLOB, headers TEXT);`,
    );
    for (let number = 0; number < partitionCount; number += 1)
      this.#db.prepare("INSERT INTO partition VALUES (?, 0, 0)").run(number);
    this.#insert = this.#db.prepare("INSERT INTO record (id, timestamp_ms, key, value, headers) VALUES (?, ?, ?, ?, ?)");
    this.#update = this.#db.prepare("UPDATE partition SET end_offset = ?, bytes = bytes + ? WHERE number = ?");
    this.#end = this.#db.prepare("SELECT end_offset FROM partition WHERE number = ?");
    this.#select = this.#db.prepare("SELECT id, key, value, headers FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT ?");
    this.#select.setReturnArrays(true);
  }

  append(records: readonly HandRecord[]): void {
    this.#db.exec("BEGIN IMMEDIATE");
    const now = Date.now();
    const ends = Array.from({ length: partitionCount }, (_, number) => Number(this.#end.get(number)?.["end_offset"]));
    const bytes = ends.map(() => 0);
    for (const { key, value, headers: byName } of records) {
      const headers = JSON.stringify(byName);
      const number = partitionForKey(key, partitionCount);
      const end = ends[number] as number;
      this.#insert.run(number * offsetsPerPartition + end, now, key, value, headers);
      ends[number] = end + 1;
      bytes[number] = (bytes[number] as number) + key.length + value.length + headers.length;
    }
    for (const [number, end] of ends.entries()) this.#update.run(end, bytes[number] as number, number);
    this.#db.exec("COMMIT");
  }

  /** At most `limit` records of a partition from an offset on. */
  read(number: number, from: number, limit: number): StoredRecord[] {
    const base = number * offsetsPerPartition;
    const rows = this.#select.all(base + from, base + offsetsPerPartition, limit) as unknown as [
      number,
      Uint8Array,
      Uint8Array,
      string,
    ][];
    return rows.map(([, key, value, headers]) => ({ key, value, headers }));
  }

  close(): void {
    this.#db.close();
  }
}
