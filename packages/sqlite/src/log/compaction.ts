import type { DatabaseSync } from "node:sqlite";
import { prepared } from "../database/prepared.ts";
import { offsetsPerPartition } from "./log-schema.ts";

const recordsPerStep = 1_000;

/** The partitions of compacted topics that have records which compaction has not looked at. */
export function partitionsToCompact(db: DatabaseSync): number[] {
  const rows = prepared(
    db,
    "SELECT number FROM partition JOIN topic ON topic.id = partition.topic_id WHERE compacted = 1 AND compacted_offset < end_offset",
  ).all();
  return rows.map((row) => Number(row["number"]));
}

/**
 * Goes on through a partition for a bounded number of records, and removes of each one's key the record before it; true when there
 * may be more. Offsets stay; tombstones stay as the newest of their key; records without a key stay.
 */
export function compactSome(db: DatabaseSync, number: number): boolean {
  const state = prepared(db, "SELECT compacted_offset, earliest_offset, end_offset FROM partition WHERE number = ?").get(number);
  if (state === undefined) return false;
  const base = number * offsetsPerPartition;
  const from = Math.max(Number(state["compacted_offset"]), Number(state["earliest_offset"]));
  const end = Number(state["end_offset"]);
  const rows = prepared(db, "SELECT id, key FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT ?").all(
    base + from,
    base + end,
    recordsPerStep,
  );

  const remove = prepared(
    db,
    "DELETE FROM record WHERE id = ? RETURNING ifnull(length(key), 0) + ifnull(length(value), 0) + ifnull(length(headers), 0) AS bytes",
  );
  let freed = 0;
  for (const row of rows) {
    const key = row["key"] as Uint8Array | null;
    if (key === null) continue;
    const older = prepared(db, "SELECT offset FROM newest_of_key WHERE partition_number = ? AND key = ?").get(number, key);
    if (older !== undefined) freed += Number(remove.get(base + Number(older["offset"]))?.["bytes"] ?? 0);
    prepared(
      db,
      "INSERT INTO newest_of_key (partition_number, key, offset) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET offset = excluded.offset",
    ).run(number, key, Number(row["id"]) - base);
  }
  const more = rows.length === recordsPerStep;
  const compacted = more ? Number(rows.at(-1)?.["id"]) - base + 1 : end;
  prepared(db, "UPDATE partition SET compacted_offset = ?, bytes = bytes - ? WHERE number = ?").run(compacted, freed, number);
  return more;
}
