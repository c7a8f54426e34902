import type { DatabaseSync } from "node:sqlite";
import type { EpochRow, HandlerRegistration, HandlerRow, HandlerTable } from "throughline/seams";
import { prepared } from "../../database/prepared.ts";
import type { OpenTransaction } from "../open-transaction.ts";
import { cursorTable } from "./cursor-table.ts";
import { sweepDroppedRuns } from "./dropped-runs.ts";
import { parkedTable } from "./parked-table.ts";

const findSql = "SELECT handler_id AS id FROM throughline_handler_names WHERE name = ?";
const createSql =
  "INSERT INTO throughline_handlers (live_epoch, own_transactions, overlap_ended, control) VALUES (1, 0, 0, '{}')";
const addNameSql = "INSERT OR IGNORE INTO throughline_handler_names (name, handler_id) VALUES (?, ?)";
// Before all others, so that it is never the handler's own name.
const addFormerNameSql = `
  INSERT OR IGNORE INTO throughline_handler_names (rank, name, handler_id)
  SELECT coalesce(min(rank), 1) - 1, ?, ? FROM throughline_handler_names`;
const addTypeSql = "INSERT OR IGNORE INTO throughline_handler_types (handler_id, type, since_ms) VALUES (?, ?, ?)";
const allSql = `
  SELECT id, live_epoch AS liveEpoch, own_transactions AS ownTransactions, overlap_ended AS overlapEnded,
    (SELECT name FROM throughline_handler_names WHERE handler_id = id ORDER BY rank DESC LIMIT 1) AS name,
    (SELECT json_group_object(type, since_ms) FROM throughline_handler_types WHERE handler_id = id) AS typesSince
  FROM throughline_handlers`;
const getSql = `${allSql} WHERE id = ?`;
const endSqls = {
  overlap: "UPDATE throughline_handlers SET overlap_ended = 1 WHERE id = ?",
  sharing: "UPDATE throughline_handlers SET own_transactions = 1 WHERE id = ?",
};
const removeSqls = [
  "DELETE FROM throughline_handlers WHERE id = ?",
  ...["handler_names", "handler_types", "epochs", "cursors", "parked"].map(
    (table) => `DELETE FROM throughline_${table} WHERE handler_id = ?`,
  ),
];

const epochColumns = "handler_id AS handlerId, epoch, kind, state, command_id AS commandId, plan, opened_at_ms AS openedAtMs";
const epochsSql = `SELECT ${epochColumns} FROM throughline_epochs WHERE handler_id = ? ORDER BY epoch`;
const nextEpochSql = "SELECT coalesce(max(epoch), 0) + 1 AS epoch FROM throughline_epochs WHERE handler_id = ?";
const saveEpochSql = `
  INSERT OR REPLACE INTO throughline_epochs (handler_id, epoch, kind, state, command_id, plan, opened_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)`;
const goLiveSql = "UPDATE throughline_handlers SET live_epoch = ? WHERE id = ?";
const dropParkedSql = "DELETE FROM throughline_parked WHERE handler_id = ? AND epoch = ?";
const dropCursorsSql = "DELETE FROM throughline_cursors WHERE handler_id = ? AND epoch = ?";

export function handlerTable(transaction: OpenTransaction): HandlerTable {
  return {
    async register(handlers, nowMs) {
      const db = transaction.connection();
      return handlers.map((handler) => register(db, handler, nowMs));
    },
    async all() {
      return prepared(transaction.connection(), allSql)
        .all()
        .map((row) => handlerOf(row as unknown as StoredHandler));
    },
    async endSharing(handlerId, ended) {
      prepared(transaction.connection(), endSqls[ended]).run(handlerId);
    },
    async remove(handlerId) {
      for (const sql of removeSqls) prepared(transaction.connection(), sql).run(handlerId);
    },
    async epochs(handlerId) {
      return prepared(transaction.connection(), epochsSql)
        .all(handlerId)
        .map((row) => epochOf(row as unknown as StoredEpoch));
    },
    async openEpoch(handlerId, opening) {
      const db = transaction.connection();
      const { epoch } = prepared(db, nextEpochSql).get(handlerId) as { epoch: number };
      const row: EpochRow = { ...opening, handlerId, epoch };
      saveEpoch(db, row);
      if (row.kind === "rebuild") prepared(db, goLiveSql).run(epoch, handlerId);
      return row;
    },
    async saveEpoch(epoch) {
      saveEpoch(transaction.connection(), epoch);
    },
    // Its row stays, so that its number is not used again.
    async dropEpoch(run) {
      const dropped = {
        cursors: await cursorTable(transaction).list(run),
        parked: await parkedTable(transaction).placesOf(run, -1),
      };
      for (const sql of [dropCursorsSql, dropParkedSql]) prepared(transaction.connection(), sql).run(run.handlerId, run.epoch);
      return dropped;
    },
    async sweepDropped(limit) {
      return sweepDroppedRuns(transaction.connection(), limit);
    },
  };
}

function register(db: DatabaseSync, { name, renamedFrom, types }: HandlerRegistration, nowMs: number): HandlerRow {
  const id =
    [name, ...renamedFrom]
      .map((known) => (prepared(db, findSql).get(known) as { id: number } | undefined)?.id)
      .find((found) => found !== undefined) ?? create(db, nowMs);
  prepared(db, addNameSql).run(name, id);
  // Known from now on, for an older instance may come later, to a store that is new to both.
  for (const former of renamedFrom) prepared(db, addFormerNameSql).run(former, id);
  for (const type of types) prepared(db, addTypeSql).run(id, type, nowMs);
  // An older instance still knows the handler by its older name.
  return { ...handlerOf(prepared(db, getSql).get(id) as unknown as StoredHandler), name };
}

function create(db: DatabaseSync, nowMs: number): number {
  const id = Number(prepared(db, createSql).run().lastInsertRowid);
  saveEpoch(db, { handlerId: id, epoch: 1, kind: "live", state: "running", commandId: null, plan: null, openedAtMs: nowMs });
  return id;
}

function saveEpoch(db: DatabaseSync, row: EpochRow): void {
  prepared(db, saveEpochSql).run(
    row.handlerId,
    row.epoch,
    row.kind,
    row.state,
    row.commandId,
    JSON.stringify(row.plan ?? null),
    row.openedAtMs,
  );
}

interface StoredHandler {
  readonly id: number;
  readonly name: string;
  readonly liveEpoch: number;
  readonly ownTransactions: number;
  readonly overlapEnded: number;
  readonly typesSince: string;
}

function handlerOf({ id, name, liveEpoch, ownTransactions, overlapEnded, typesSince }: StoredHandler): HandlerRow {
  return {
    id,
    name,
    liveEpoch,
    ownTransactions: ownTransactions === 1,
    overlapEnded: overlapEnded === 1,
    typesSince: JSON.parse(typesSince) as Record<string, number>,
  };
}

type StoredEpoch = Omit<EpochRow, "plan"> & { readonly plan: string };

function epochOf(row: StoredEpoch): EpochRow {
  return { ...row, plan: JSON.parse(row.plan) as unknown };
}
