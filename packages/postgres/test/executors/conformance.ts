import { storeConformance } from "@throughline/testing/conformance";
import { isThroughlineError, type Store } from "throughline/seams";
import { postgres, type PostgresStore } from "../../src/index.ts";
import { type ExecutorUnderTest, type OpenedClient, tables } from "./executor-under-test.ts";

/** The suite that every store passes, with all effects through the client. */
export function conformanceThrough<Tx>(underTest: ExecutorUnderTest<Tx>, database: () => Promise<string>): void {
  const { insert, get, raw, nested } = underTest;
  const places = new WeakMap<Store<Tx>, string>();

  async function create(url: string, options: { transactionLimitMs?: number }): Promise<PostgresStore<Tx>> {
    const client = await underTest.open(url);
    const store = postgres({ executor: client.executor, tables, ...options });
    places.set(store, url);
    return closingWith(store, client);
  }

  storeConformance<Tx>(`postgres, through ${underTest.name}`, {
    features: {
      rowLocks: true,
      transactionSettings: true,
      concurrentWriters: true,
      processes: true,
      durable: true,
      hidesStatements: false,
    },
    create: async (options) => create(await database(), options),
    reconnect: (store) => create(places.get(store) as string, {}),
    effects: {
      transaction: (store, work) => (store as PostgresStore<Tx>).transaction(work),
      put: (tx, key, value) => underTest.put(tx, key, value).catch(throwCause),
      get,
      insertUnique: insert,
      increment: async (tx, key, by) => {
        const [row] = await raw(tx, `SELECT value FROM numbers WHERE key = '${key}' FOR UPDATE`);
        await underTest.put(tx, key, Number(row?.["value"] ?? 0) + by);
      },
      nested,
      outlive: async (tx) => void (await raw(tx, "SET LOCAL work_mem = '8MB'")),
      setting: {
        set: async (tx, value) => void (await raw(tx, `SELECT set_config('app.tenant', '${value}', true)`)),
        get: async (tx) => {
          const [row] = await raw(tx, "SELECT current_setting('app.tenant', true) AS value");
          return (row?.["value"] as string | null) || null;
        },
      },
      beginCommit: async (tx, work) => {
        await raw(tx, "BEGIN");
        try {
          await work(tx);
        } catch (error) {
          await raw(tx, "ROLLBACK");
          throw error;
        }
        await raw(tx, "COMMIT");
      },
    },
  });
}

/** An ORM throws an error of its own around the store's; the suite asks for the store's. */
function throwCause(error: unknown): never {
  const { cause } = error as { cause?: unknown };
  throw isThroughlineError(cause) ? cause : error;
}

/** The pool is the application's; here nobody else ends it. */
function closingWith<Tx>(store: PostgresStore<Tx>, client: OpenedClient<Tx>): PostgresStore<Tx> {
  const close = store.close.bind(store);
  let isEnded = false;
  return Object.assign(store, {
    close: async () => {
      await close();
      if (isEnded) return;
      isEnded = true;
      await client.close();
    },
  });
}
