import type { DatabaseSync } from "node:sqlite";
import type { Run } from "throughline/seams";
import { prepared } from "../../database/prepared.ts";

/** What is kept by run, and may be millions of rows: deleted in pieces, for one statement would outlast a transaction. */
const tables = [
  { name: "inbox", key: ["event_key"] },
  { name: "positions", key: ["stream", "subject"] },
  { name: "lost_sequences", key: ["stream", "subject", "first", "last"] },
].map(({ name, key }) => {
  const run = ["handler_id", "epoch"];
  const row = [...run, ...key].join(", ");
  return {
    // From one run to the next by the primary key, so that it reads as many rows as there are runs.
    nextRun: `
      SELECT handler_id AS handlerId, epoch FROM throughline_${name} WHERE (handler_id, epoch) > (?, ?)
      ORDER BY handler_id, epoch LIMIT 1`,
    deleteSome: `
      DELETE FROM throughline_${name} WHERE (${row}) IN
        (SELECT ${row} FROM throughline_${name} WHERE handler_id = ? AND epoch = ? LIMIT ?)`,
  };
});

const isKeptSql = `
  SELECT 1 FROM throughline_epochs AS e JOIN throughline_handlers AS h ON h.id = e.handler_id
  WHERE e.handler_id = ? AND e.epoch = ?
    AND CASE e.kind WHEN 'rerun' THEN e.state <> 'cancelled' ELSE e.epoch = h.live_epoch END`;

/** Deletes at most `limit` rows of runs that are over; returns how many. */
export function sweepDroppedRuns(db: DatabaseSync, limit: number): number {
  let deleted = 0;
  for (const { nextRun, deleteSome } of tables) {
    let run: Run = { handlerId: -1, epoch: 0 };
    for (;;) {
      const found = prepared(db, nextRun).get(run.handlerId, run.epoch) as Run | undefined;
      if (found === undefined || deleted >= limit) break;
      run = found;
      if (prepared(db, isKeptSql).get(run.handlerId, run.epoch) === undefined)
        deleted += Number(prepared(db, deleteSome).run(run.handlerId, run.epoch, limit - deleted).changes);
    }
  }
  return deleted;
}
