import type { DatabaseSync } from "node:sqlite";
import { prepared } from "../database/prepared.ts";
import { offsetsPerPartition } from "./log-schema.ts";
import { offsetAtTime } from "./offsets-by-time.ts";
import { partitionState } from "./read-records.ts";

const recordsPerStep = 2_000;

export interface Trim {
  readonly number: number;
  /** Records before the first one at or after this time go. */
  readonly beforeMs: number | null;
  /** The oldest records go until the partition is no larger. */
  readonly mostBytes: number | null;
}

/** The partitions from which retention removes something now. */
export function partitionsToTrim(db: DatabaseSync, nowMs: number): Trim[] {
  const rows = prepared(
    db,
    `SELECT number, bytes, retention_ms, retention_bytes FROM partition JOIN topic ON topic.id = partition.topic_id
     WHERE end_offset > earliest_offset AND (retention_ms IS NOT NULL OR bytes > retention_bytes)`,
  ).all();
  const trims = rows.map((row): Trim => {
    const [ageMs, mostBytes] = [row["retention_ms"], row["retention_bytes"]];
    return {
      number: Number(row["number"]),
      beforeMs: ageMs === null ? null : nowMs - Number(ageMs),
      mostBytes: mostBytes === null ? null : Number(mostBytes),
    };
  });
  return trims.filter((trim) => {
    const state = partitionState(db, trim.number);
    return state !== null && (keepFrom(db, trim) > state.earliest || (trim.mostBytes !== null && state.bytes > trim.mostBytes));
  });
}

/** Removes a bounded number of a partition's oldest records; true when there may be more. Size alone never removes the newest. */
export function trimSome(db: DatabaseSync, trim: Trim): boolean {
  const state = partitionState(db, trim.number);
  if (state === null) return false;
  const base = trim.number * offsetsPerPartition;
  const keep = keepFrom(db, trim);
  const rows = prepared(
    db,
    `SELECT id, ifnull(length(key), 0) + ifnull(length(value), 0) + ifnull(length(headers), 0) AS bytes
     FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`,
  ).all(base + state.earliest, base + state.end, recordsPerStep);

  let bytes = state.bytes;
  let removed = 0;
  for (const row of rows) {
    const offset = Number(row["id"]) - base;
    const tooOld = offset < keep;
    const tooMuch = trim.mostBytes !== null && bytes > trim.mostBytes && offset < state.end - 1;
    if (!tooOld && !tooMuch) break;
    bytes -= Number(row["bytes"]);
    removed += 1;
  }
  const kept = rows[removed];
  const lastSeen = rows.length < recordsPerStep ? state.end - 1 : Number(rows.at(-1)?.["id"]) - base;
  const earliest = kept === undefined ? lastSeen + 1 : Number(kept["id"]) - base;

  prepared(db, "DELETE FROM record WHERE id >= ? AND id < ?").run(base + state.earliest, base + earliest);
  prepared(db, "DELETE FROM time_mark WHERE id >= ? AND id < ?").run(base + state.earliest, base + earliest);
  prepared(db, "UPDATE partition SET earliest_offset = ?, bytes = ? WHERE number = ?").run(earliest, bytes, trim.number);
  prepared(db, "DELETE FROM newest_of_key WHERE partition_number = ? AND offset < ?").run(trim.number, earliest);
  return removed === recordsPerStep;
}

/** The offset of the oldest record that age lets stay. */
function keepFrom(db: DatabaseSync, { number, beforeMs }: Trim): number {
  return beforeMs === null ? 0 : (offsetAtTime(db, number, beforeMs) ?? 0);
}
