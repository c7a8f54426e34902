import { storeConformance } from "@throughline/testing/conformance";
import { createMemoryStore, type MemoryStore, type MemoryTx } from "throughline";
import type { Store } from "throughline/seams";

const memory = (store: Store<MemoryTx>) => store as MemoryStore;

storeConformance<MemoryTx>("memory", {
  features: {
    rowLocks: true,
    transactionSettings: true,
    concurrentWriters: true,
    processes: false,
    durable: false,
    hidesStatements: false,
  },
  create: async (options) => createMemoryStore(options),
  reconnect: async (store) => memory(store).connect(),
  loseNextCommit: (store, effect) => memory(store).failNextCommit(`unknown-${effect}`),
  setUnavailable: (store, unavailable) => memory(store).unavailable(unavailable),
  effects: {
    transaction: (store, work) => memory(store).transaction(work),
    put: (tx, key, value) => tx.put(key, value),
    get: async (tx, key) => (await tx.get<number>(key)) ?? null,
    insertUnique: (tx, key, value) => tx.insert(key, value),
    increment: async (tx, key, by) => tx.put(key, ((await tx.lock<number>(key)) ?? 0) + by),
    nested: (tx, work) => tx.transaction(work),
    outlive: (tx) => tx.set("tenant", "tenant-1"),
    setting: {
      set: (tx, value) => tx.set("tenant", value),
      get: async (tx) => (await tx.setting("tenant")) ?? null,
    },
  },
});
