import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { type SqliteStore, type SqliteTx, sqlite } from "@throughline/sqlite";
import { storeConformance } from "@throughline/testing/conformance";
import type { Store } from "throughline/seams";

const folder = await mkdtemp(join(tmpdir(), "throughline-store-"));
after(() => rm(folder, { recursive: true, force: true }));
let count = 0;

const tables = "CREATE TABLE IF NOT EXISTS numbers (key TEXT PRIMARY KEY, value INTEGER NOT NULL)";
const files = new WeakMap<Store<SqliteTx>, string>();

function create(file: string, options: { transactionLimitMs?: number }): SqliteStore {
  const store = sqlite({ file, tables, ...options });
  files.set(store, file);
  return store;
}

storeConformance<SqliteTx>("sqlite", {
  features: {
    rowLocks: false,
    transactionSettings: false,
    concurrentWriters: false,
    processes: true,
    durable: true,
    hidesStatements: false,
  },
  create: async (options) => create(join(folder, `${(count += 1)}.db`), options),
  reconnect: async (store) => create(files.get(store) as string, {}),
  effects: {
    transaction: (store, work) => (store as SqliteStore).transaction(work),
    put: async (tx, key, value) => void tx.run("INSERT OR REPLACE INTO numbers (key, value) VALUES (?, ?)", key, value),
    get: async (tx, key) => tx.get<{ value: number }>("SELECT value FROM numbers WHERE key = ?", key)?.value ?? null,
    insertUnique: async (tx, key, value) => void tx.run("INSERT INTO numbers (key, value) VALUES (?, ?)", key, value),
    nested: (tx, work) => tx.transaction(work),
    outlive: async (tx) => tx.exec("PRAGMA cache_size = 100"),
    beginCommit: async (tx, work) => {
      tx.exec("BEGIN");
      try {
        await work(tx);
      } catch (error) {
        tx.exec("ROLLBACK");
        throw error;
      }
      tx.exec("COMMIT");
    },
  },
});
