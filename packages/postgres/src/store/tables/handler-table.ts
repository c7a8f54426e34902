import type { EpochRow, HandlerRegistration, HandlerRow, HandlerTable } from "throughline/seams";
import type { OpenTransaction } from "../open-transaction.ts";
import { cursorTable } from "./cursor-table.ts";
import { sweepDroppedRuns } from "./dropped-runs.ts";
import { parkedTable } from "./parked-table.ts";

// Instances that start at once agree: one after the other.
const lockSql = "SELECT pg_advisory_xact_lock(hashtextextended('throughline handlers', 4))";
const findSql = 'SELECT handler_id AS "id" FROM throughline.handler_names WHERE name = $1';
const createSql = "INSERT INTO throughline.handlers (live_epoch) VALUES (1) RETURNING id";
const addNameSql = `
  INSERT INTO throughline.handler_names (rank, name, handler_id)
  SELECT coalesce(max(rank), 0) + 1, $1, $2::int FROM throughline.handler_names ON CONFLICT DO NOTHING`;
// Before all others, so that it is never the handler's own name.
const addFormerNameSql = `
  INSERT INTO throughline.handler_names (rank, name, handler_id)
  SELECT coalesce(min(rank), 1) - 1, $1, $2::int FROM throughline.handler_names ON CONFLICT DO NOTHING`;
const addTypeSql =
  "INSERT INTO throughline.handler_types (handler_id, type, since_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const allSql = `
  SELECT id, live_epoch AS "liveEpoch", own_transactions AS "ownTransactions", overlap_ended AS "overlapEnded",
    (SELECT name FROM throughline.handler_names WHERE handler_id = id ORDER BY rank DESC LIMIT 1) AS name,
    (SELECT json_object_agg(type, since_ms) FROM throughline.handler_types WHERE handler_id = id) AS "typesSince"
  FROM throughline.handlers`;
const getSql = `${allSql} WHERE id = $1`;
const allInOrderSql = `${allSql} ORDER BY id`;
const endSqls = {
  overlap: "UPDATE throughline.handlers SET overlap_ended = true WHERE id = $1",
  sharing: "UPDATE throughline.handlers SET own_transactions = true WHERE id = $1",
};
const removeSqls = [
  "DELETE FROM throughline.handlers WHERE id = $1",
  ...["handler_names", "handler_types", "epochs", "cursors", "parked"].map(
    (table) => `DELETE FROM throughline.${table} WHERE handler_id = $1`,
  ),
];

const epochColumns =
  'handler_id AS "handlerId", epoch, kind, state, command_id AS "commandId", plan, opened_at_ms AS "openedAtMs"';
const epochsSql = `SELECT ${epochColumns} FROM throughline.epochs WHERE handler_id = $1 ORDER BY epoch`;
const nextEpochSql = "SELECT coalesce(max(epoch), 0) + 1 AS epoch FROM throughline.epochs WHERE handler_id = $1";
const saveEpochSql = `
  INSERT INTO throughline.epochs (handler_id, epoch, kind, state, command_id, plan, opened_at_ms)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (handler_id, epoch) DO UPDATE SET kind = excluded.kind, state = excluded.state, command_id = excluded.command_id,
    plan = excluded.plan, opened_at_ms = excluded.opened_at_ms`;
const goLiveSql = "UPDATE throughline.handlers SET live_epoch = $1 WHERE id = $2";
// Who runs now holds one of the cursors, or a subject of a parked row: it ends first.
const lockCursorsSql =
  "SELECT 1 FROM throughline.cursors WHERE handler_id = $1 AND epoch = $2 ORDER BY topic_id, partition FOR UPDATE";
const dropCursorsSql = "DELETE FROM throughline.cursors WHERE handler_id = $1 AND epoch = $2";

export function handlerTable(transaction: OpenTransaction): HandlerTable {
  return {
    async register(handlers, nowMs) {
      await transaction.rows(lockSql);
      const rows: HandlerRow[] = [];
      for (const handler of handlers) rows.push(await register(transaction, handler, nowMs));
      return rows;
    },
    async all() {
      return (await transaction.rows<StoredHandler>(allInOrderSql)).map(handlerOf);
    },
    async endSharing(handlerId, ended) {
      await transaction.rows(endSqls[ended], [handlerId]);
    },
    async remove(handlerId) {
      await transaction.rows(lockSql);
      for (const sql of removeSqls) await transaction.rows(sql, [handlerId]);
    },
    async epochs(handlerId) {
      return (await transaction.rows<StoredEpoch>(epochsSql, [handlerId])).map(epochOf);
    },
    async openEpoch(handlerId, opening) {
      await transaction.rows(lockSql);
      const [next] = await transaction.rows<{ epoch: number }>(nextEpochSql, [handlerId]);
      const row: EpochRow = { ...opening, handlerId, epoch: next?.epoch ?? 1 };
      await saveEpoch(transaction, row);
      if (row.kind === "rebuild") await transaction.rows(goLiveSql, [row.epoch, handlerId]);
      return row;
    },
    saveEpoch: (epoch) => saveEpoch(transaction, epoch),
    // Its row stays, so that its number is not used again.
    async dropEpoch(run) {
      const values = [run.handlerId, run.epoch];
      await transaction.rows(lockCursorsSql, values);
      const cursors = await cursorTable(transaction).list(run);
      await transaction.rows(dropCursorsSql, values);
      const parked = await parkedTable(transaction).takeRun(run);
      return { cursors, parked };
    },
    sweepDropped: (limit) => sweepDroppedRuns(transaction, limit),
  };
}

async function register(
  transaction: OpenTransaction,
  { name, renamedFrom, types }: HandlerRegistration,
  nowMs: number,
): Promise<HandlerRow> {
  let id: number | undefined;
  for (const known of [name, ...renamedFrom]) id ??= (await transaction.rows<{ id: number }>(findSql, [known]))[0]?.id;
  id ??= await create(transaction, nowMs);
  await transaction.rows(addNameSql, [name, id]);
  // Known from now on, for an older instance may come later, to a store that is new to both.
  for (const former of renamedFrom) await transaction.rows(addFormerNameSql, [former, id]);
  for (const type of types) await transaction.rows(addTypeSql, [id, type, nowMs]);
  const [row] = await transaction.rows<StoredHandler>(getSql, [id]);
  // An older instance still knows the handler by its older name.
  return { ...handlerOf(row as StoredHandler), name };
}

async function create(transaction: OpenTransaction, nowMs: number): Promise<number> {
  const [row] = await transaction.rows<{ id: number }>(createSql);
  const { id } = row as { id: number };
  await saveEpoch(transaction, {
    handlerId: id,
    epoch: 1,
    kind: "live",
    state: "running",
    commandId: null,
    plan: null,
    openedAtMs: nowMs,
  });
  return id;
}

async function saveEpoch(transaction: OpenTransaction, row: EpochRow): Promise<void> {
  await transaction.rows(saveEpochSql, [
    row.handlerId,
    row.epoch,
    row.kind,
    row.state,
    row.commandId,
    JSON.stringify(row.plan ?? null),
    row.openedAtMs,
  ]);
}

type StoredHandler = Omit<HandlerRow, "typesSince"> & { readonly typesSince: string | null };

function handlerOf({ id, name, liveEpoch, ownTransactions, overlapEnded, typesSince }: StoredHandler): HandlerRow {
  const since = JSON.parse(typesSince ?? "{}") as Record<string, number>;
  return { id, name, liveEpoch, ownTransactions, overlapEnded, typesSince: since };
}

type StoredEpoch = Omit<EpochRow, "plan"> & { readonly plan: string };

function epochOf(row: StoredEpoch): EpochRow {
  return { ...row, plan: JSON.parse(row.plan) as unknown };
}
