import { after } from "node:test";
import { storeConformance } from "@throughline/testing/conformance";
import type { Store } from "throughline/seams";
import { postgres, type PostgresStore, type PostgresTx } from "../src/index.ts";
import { StoreProxy } from "./store-proxy.ts";
import { testServer } from "./test-server.ts";

const { server } = await testServer({ settings: { fsync: "off" } });
let stores = 0;

/** A schema of its own, which holds the application's tables too: a database for each store takes ten times as long. */
function newAddress(): string {
  const schema = `store_${(stores += 1)}`;
  const url = new URL(server.url());
  url.searchParams.set("schema", schema);
  url.searchParams.set("options", `-c search_path=${schema}`);
  return url.href;
}

const tables = "CREATE TABLE IF NOT EXISTS numbers (key text PRIMARY KEY, value integer NOT NULL)";

interface Place {
  readonly proxy: StoreProxy;
  readonly address: string;
}
const places = new WeakMap<Store<PostgresTx>, Place>();
const proxies = new Set<StoreProxy>();
after(async () => {
  for (const proxy of proxies) await proxy.close();
});

function create(place: Place, options: { transactionLimitMs?: number }): PostgresStore {
  const store = postgres({ url: place.address, tables, ...options });
  places.set(store, place);
  return store;
}

const placeOf = (store: Store<PostgresTx>): Place => places.get(store) as Place;

storeConformance<PostgresTx>("postgres", {
  features: {
    rowLocks: true,
    transactionSettings: true,
    concurrentWriters: true,
    processes: true,
    durable: true,
    hidesStatements: false,
  },
  create: async (options) => {
    const place = await StoreProxy.before(newAddress());
    proxies.add(place.proxy);
    return create(place, options);
  },
  reconnect: async (store) => create(placeOf(store), {}),
  loseNextCommit: (store, effect) => placeOf(store).proxy.loseNextCommit(effect),
  setUnavailable: (store, unavailable) => (unavailable ? placeOf(store).proxy.close() : placeOf(store).proxy.open()),
  effects: {
    transaction: (store, work) => (store as PostgresStore).transaction(work),
    put: async (tx, key, value) =>
      void (await tx.query(
        "INSERT INTO numbers (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [key, value],
      )),
    get: async (tx, key) => {
      const { rows } = await tx.query<{ value: number }>("SELECT value FROM numbers WHERE key = $1", [key]);
      return rows[0]?.value ?? null;
    },
    insertUnique: async (tx, key, value) =>
      void (await tx.query("INSERT INTO numbers (key, value) VALUES ($1, $2)", [key, value])),
    increment: async (tx, key, by) => {
      const { rows } = await tx.query<{ value: number }>("SELECT value FROM numbers WHERE key = $1 FOR UPDATE", [key]);
      const value = (rows[0]?.value ?? 0) + by;
      await tx.query("INSERT INTO numbers VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", [key, value]);
    },
    nested: (tx, work) => tx.transaction(work),
    outlive: async (tx) => void (await tx.query("SET LOCAL work_mem = '8MB'")),
    setting: {
      set: async (tx, value) => void (await tx.query("SELECT set_config('app.tenant', $1, true)", [value])),
      get: async (tx) => {
        const { rows } = await tx.query<{ value: string | null }>("SELECT current_setting('app.tenant', true) AS value");
        return rows[0]?.value || null;
      },
    },
    beginCommit: async (tx, work) => {
      await tx.query("BEGIN");
      try {
        await work(tx);
      } catch (error) {
        await tx.query("ROLLBACK");
        throw error;
      }
      await tx.query("COMMIT");
    },
  },
});
