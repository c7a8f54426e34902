import type { ControlTable } from "../seams/store.ts";
import type { MemoryTransaction } from "./memory-store-transaction.ts";

export function controlTable(transaction: MemoryTransaction): ControlTable {
  const { controls } = transaction.database;

  return {
    all: () => transaction.statement(() => transaction.find(controls).map(({ paidUntilMs: _, ...control }) => control)),
    save: (control) =>
      transaction.statement(() =>
        transaction.change(controls, control.id, (before) => ({ ...control, paidUntilMs: before?.paidUntilMs ?? 0 })),
      ),
    remove: (id) =>
      transaction.statement(async () => {
        let isThere = false;
        await transaction.change(controls, id, (control) => {
          isThere = control !== undefined;
          return undefined;
        });
        return isThere;
      }),
    spend: (id, costMs, nowMs) =>
      transaction.statement(async () => {
        await transaction.change(
          controls,
          id,
          (control) => control && { ...control, paidUntilMs: Math.max(nowMs, control.paidUntilMs) + costMs },
        );
        return transaction.get(controls, id)?.paidUntilMs ?? nowMs;
      }),
  };
}
