import type { DroppedEpoch, EpochRow, HandlerRegistration, HandlerRow, HandlerTable, Run } from "../seams/store.ts";
import { rowKey } from "./memory-store-database.ts";
import { placeOf } from "./memory-store-parked.ts";
import type { MemoryTransaction } from "./memory-store-transaction.ts";

export function handlerTable(transaction: MemoryTransaction): HandlerTable {
  const { database } = transaction;
  const { handlers, epochs } = database;
  const epochsOf = (handlerId: number) =>
    transaction.find(epochs, (row) => row.handlerId === handlerId).sort((a, b) => a.epoch - b.epoch);

  return {
    register: (registrations, nowMs) =>
      transaction.statement(async () => {
        await transaction.lock(handlers, "register");
        const rows: HandlerRow[] = [];
        for (const registration of registrations) rows.push(await register(transaction, registration, nowMs));
        return rows;
      }),
    all: () => transaction.statement(() => transaction.find(handlers)),
    endSharing: (id, ended) =>
      transaction.statement(() =>
        transaction.change(
          handlers,
          String(id),
          (row) => row && { ...row, ...(ended === "overlap" ? { overlapEnded: true } : { ownTransactions: true }) },
        ),
      ),
    remove: (handlerId) =>
      transaction.statement(async () => {
        await transaction.deleteWhere(handlers, (row) => row.id === handlerId);
        await transaction.deleteWhere(database.handlerNames, (id) => id === handlerId);
        await transaction.deleteWhere(epochs, (row) => row.handlerId === handlerId);
        await endRuns(transaction, (run) => run.handlerId === handlerId);
      }),
    epochs: (handlerId) => transaction.statement(() => epochsOf(handlerId)),
    openEpoch: (handlerId, epoch) =>
      transaction.statement(async () => {
        await transaction.lock(handlers, String(handlerId));
        const row: EpochRow = { ...epoch, handlerId, epoch: (epochsOf(handlerId).at(-1)?.epoch ?? 0) + 1 };
        await transaction.put(epochs, rowKey(handlerId, row.epoch), row);
        if (epoch.kind === "rebuild") {
          await transaction.change(handlers, String(handlerId), (handler) => handler && { ...handler, liveEpoch: row.epoch });
        }
        return row;
      }),
    saveEpoch: (row) => transaction.statement(() => transaction.put(epochs, rowKey(row.handlerId, row.epoch), row)),
    dropEpoch: ({ handlerId, epoch }) =>
      transaction.statement(() => endRuns(transaction, (run) => run.handlerId === handlerId && run.epoch === epoch)),
    sweepDropped: (limit) =>
      transaction.statement(async () => {
        const isOver = (run: Run): boolean => !isKept(transaction, run);
        let left = limit;
        left -= await transaction.deleteWhere(database.inbox, isOver, left);
        left -= await transaction.deleteWhere(database.positions, isOver, left);
        left -= await transaction.deleteWhere(database.lost, isOver, left);
        return limit - left;
      }),
  };
}

async function register(transaction: MemoryTransaction, registration: HandlerRegistration, nowMs: number): Promise<HandlerRow> {
  const { handlers, handlerNames, epochs } = transaction.database;
  const { name, types } = registration;
  const known = [name, ...registration.renamedFrom]
    .map((each) => transaction.get(handlerNames, each))
    .find((id) => id !== undefined);
  const isRename = known !== undefined && transaction.get(handlerNames, name) === undefined;
  const id = known ?? transaction.database.draw("handler");
  if (known === undefined || isRename) await transaction.put(handlerNames, name, id);
  for (const former of registration.renamedFrom) await transaction.change(handlerNames, former, (owner) => owner ?? id);
  if (known === undefined) {
    const epoch = {
      handlerId: id,
      epoch: 1,
      kind: "live",
      state: "running",
      commandId: null,
      plan: null,
      openedAtMs: nowMs,
    } as const;
    await transaction.put(epochs, rowKey(id, 1), epoch);
  }
  await transaction.change(handlers, String(id), (row) => {
    const handler = row ?? { id, name, liveEpoch: 1, ownTransactions: false, overlapEnded: false, typesSince: {} };
    const since = Object.fromEntries(types.map((type) => [type, nowMs]));
    return { ...handler, name: isRename ? name : handler.name, typesSince: { ...since, ...handler.typesSince } };
  });
  return transaction.get(handlers, String(id)) as HandlerRow;
}

/** What it deletes others hold while they work on it: when this settles, nothing of these runs is under way. */
async function endRuns(transaction: MemoryTransaction, matches: (run: Run) => boolean): Promise<DroppedEpoch> {
  const { cursors, claims, parked } = transaction.database;
  const taken = await transaction.takeWhere(cursors, matches);
  await transaction.deleteWhere(claims, matches);
  return {
    cursors: taken,
    parked: (await transaction.takeWhere(parked, matches)).map(placeOf),
  };
}

function isKept(transaction: MemoryTransaction, { handlerId, epoch }: Run): boolean {
  const { handlers, epochs } = transaction.database;
  const row = transaction.get(epochs, rowKey(handlerId, epoch));
  if (row === undefined) return false;
  return row.kind === "rerun" ? row.state !== "cancelled" : epoch === transaction.get(handlers, String(handlerId))?.liveEpoch;
}
