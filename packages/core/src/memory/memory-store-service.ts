import { coreError } from "../errors/index.ts";
import type { ServiceTable } from "../seams/store.ts";
import type { MemoryDatabase } from "./memory-store-database.ts";
import type { MemoryTransaction } from "./memory-store-transaction.ts";

export function serviceTable(transaction: MemoryTransaction): ServiceTable {
  const { owner, code } = transaction.database;

  return {
    formerNames: () => transaction.statement(() => [...(transaction.get(owner, "service")?.formerNames ?? [])]),
    rename: (to) => transaction.statement(() => transaction.change(owner, "service", (row) => row && { ...row, nextName: to })),
    codeSince: (name) => transaction.statement(() => transaction.get(code, name) ?? null),
    rememberCode: (name, nowMs) => transaction.statement(() => transaction.change(code, name, (since) => since ?? nowMs)),
  };
}

/** A store belongs to the service that opened it first, or to the one that it was renamed to, and refuses every other. */
export function claimMemoryStore(
  { owner }: MemoryDatabase,
  { store, service, asFound }: { store: string; service: string; asFound: boolean },
): void {
  const row = owner.rows.get("service") ?? { name: service, nextName: null, formerNames: [] };
  if (row.name !== service && row.nextName !== service)
    throw coreError("STORE_OF_ANOTHER_SERVICE", { store, owner: row.name, service });
  if (asFound) return;
  const formerNames = row.name === service ? row.formerNames : [...row.formerNames.filter((name) => name !== service), row.name];
  owner.rows.set("service", { name: service, nextName: row.name === service ? row.nextName : null, formerNames });
}
