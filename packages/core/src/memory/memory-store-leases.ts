import type { LeaseTable } from "../seams/store.ts";
import type { MemoryTransaction } from "./memory-store-transaction.ts";

export function leaseTable(transaction: MemoryTransaction): LeaseTable {
  const { leases } = transaction.database;

  return {
    acquire: (name, owner, nowMs, untilMs) =>
      transaction.statement(async () => {
        await transaction.change(leases, name, (lease) =>
          lease === undefined || lease.owner === owner || lease.untilMs <= nowMs ? { name, owner, untilMs } : lease,
        );
        return transaction.get(leases, name)?.owner === owner;
      }),
    release: (name, owner) =>
      transaction.statement(() => transaction.change(leases, name, (lease) => (lease?.owner === owner ? undefined : lease))),
    list: (prefix, nowMs) =>
      transaction.statement(() =>
        transaction
          .find(leases, ({ name }) => name.startsWith(prefix))
          .map(({ name, owner, untilMs }) => ({ name, owner, isOver: untilMs <= nowMs })),
      ),
  };
}
