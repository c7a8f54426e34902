import type { DatabaseSync } from "node:sqlite";
import { prepared } from "../database/prepared.ts";
import { offsetsPerPartition } from "./log-schema.ts";
import { partitionState } from "./read-records.ts";

/**
 * The offset of the first record at or after a time, or the end; null when the partition no longer exists.
 *
 * Callers give timestamps, so they need not rise. But the first record at or after a time is where the largest timestamp *so far*
 * first reaches it, and that one does rise: a mark with it each 1,024 offsets says where to begin, and a scan of about as many
 * records finds the place. The answer is exact.
 */
export function offsetAtTime(db: DatabaseSync, number: number, timestampMs: number): number | null {
  const state = partitionState(db, number);
  if (state === null) return null;
  const base = number * offsetsPerPartition;
  const first = base + state.earliest;
  const end = base + state.end;
  const mark = prepared(
    db,
    "SELECT id FROM time_mark WHERE id >= ? AND id < ? AND max_timestamp_ms < ? ORDER BY id DESC LIMIT 1",
  ).get(first, end, timestampMs);
  const from = mark === undefined ? first : Number(mark["id"]);
  const found = prepared(db, "SELECT id FROM record WHERE id >= ? AND id < ? AND timestamp_ms >= ? ORDER BY id LIMIT 1").get(
    from,
    end,
    timestampMs,
  );
  return (found === undefined ? end : Number(found["id"])) - base;
}
