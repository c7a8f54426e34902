import type { Run } from "throughline/seams";
import type { OpenTransaction } from "../open-transaction.ts";

/** What is kept by run, and may be millions of rows: deleted in pieces, for one statement would outlast a transaction. */
const tables = ["inbox", "positions", "lost_sequences"].map((name) => ({
  // From one run to the next by the primary key, so that it reads as many rows as there are runs.
  nextRun: `
    SELECT handler_id AS "handlerId", epoch FROM throughline.${name} WHERE (handler_id, epoch) > ($1::int, $2::int)
    ORDER BY handler_id, epoch LIMIT 1`,
  deleteSome: `
    DELETE FROM throughline.${name} WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM throughline.${name} WHERE handler_id = $1 AND epoch = $2 LIMIT $3 FOR UPDATE SKIP LOCKED))`,
}));

const isKeptSql = `
  SELECT 1 FROM throughline.epochs AS e JOIN throughline.handlers AS h ON h.id = e.handler_id
  WHERE e.handler_id = $1 AND e.epoch = $2
    AND CASE e.kind WHEN 'rerun' THEN e.state <> 'cancelled' ELSE e.epoch = h.live_epoch END`;
/** What a crash left of locks on subjects without a position. Whoever wants to lock one makes it again. */
const sweepPlacesSql = `
  DELETE FROM throughline.positions WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM throughline.positions WHERE is_place LIMIT $1 FOR UPDATE SKIP LOCKED))`;

/** Deletes at most `limit` rows of runs that are over; returns how many. */
export async function sweepDroppedRuns(transaction: OpenTransaction, limit: number): Promise<number> {
  await transaction.changes(sweepPlacesSql, [limit]);
  let deleted = 0;
  for (const { nextRun, deleteSome } of tables) {
    let run: Run = { handlerId: -1, epoch: 0 };
    for (;;) {
      const [found] = await transaction.rows<Run>(nextRun, [run.handlerId, run.epoch]);
      if (found === undefined || deleted >= limit) break;
      run = found;
      if ((await transaction.rows(isKeptSql, [run.handlerId, run.epoch])).length === 0)
        deleted += await transaction.changes(deleteSome, [run.handlerId, run.epoch, limit - deleted]);
    }
  }
  return deleted;
}
