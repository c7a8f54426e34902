import assert from "node:assert/strict";
import { test } from "node:test";
import { systemSurroundings } from "throughline";
import { postgres } from "../src/index.ts";
import { registerHandler, testStore } from "./store-fixture.ts";
import { testServer } from "./test-server.ts";

const { database } = await testServer({ settings: { fsync: "off" } });
const alone = { savepoint: true, alone: true };
const count = "SELECT count(*)::int AS n FROM throughline.positions";

test("a rehearsal takes away the rows that it locked subjects by", async (t) => {
  const store = await testStore(t, await database());
  const run = await registerHandler(store);
  const lock = store.unitOfWork((unit) => unit.positions.lock(run, "order", ["o-1", "o-2"], { wait: true }), {
    isRehearsal: true,
  });
  assert.equal((await lock).size, 2);
  assert.equal((await store.query<{ n: number }>(count)).rows[0]?.n, 0);
  await assert.rejects(
    store.unitOfWork(
      async (unit) => {
        await unit.positions.lock(run, "order", ["o-3"], { wait: true });
        throw new Error("a mistake");
      },
      { isRehearsal: true },
    ),
    /a mistake/,
  );
  assert.equal((await store.query<{ n: number }>(count)).rows[0]?.n, 0);
});

test("a rehearsal asks at the end of each event what COMMIT would, and a later event may still mend what is put off", async (t) => {
  const tables = `CREATE TABLE IF NOT EXISTS accounts (id text PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS invoices (account text REFERENCES accounts (id) DEFERRABLE INITIALLY DEFERRED)`;
  const store = await testStore(t, await database(), { tables });
  await store.unitOfWork(
    async (unit) => {
      const owes = unit.isolate((tx) => tx.query("INSERT INTO invoices VALUES ('a')"), alone);
      await assert.rejects(Promise.resolve(owes), { code: "23503" });
      // Put off still: within one event the order does not matter.
      await unit.isolate(async (tx) => {
        await tx.query("INSERT INTO invoices VALUES ('a')");
        await tx.query("INSERT INTO accounts VALUES ('a')");
      }, alone);
      const { rows } = await unit.isolate((tx) => tx.query("SELECT FROM invoices"), alone);
      assert.equal(rows.length, 1);
      const caught = unit.isolate((tx) => tx.query("SELECT 1 / 0").catch(() => undefined), alone);
      await assert.rejects(Promise.resolve(caught), { code: "TX_STATEMENT_FAILED", message: /division by zero/ });
    },
    { isRehearsal: true },
  );
  assert.equal((await store.query("SELECT FROM accounts")).rowCount, 0);
});

test("opened as it is found, a database without our tables gets none, and a store that is to be another service's stays as it is", async (t) => {
  const url = await database();
  const empty = postgres({ url, tables: "CREATE TABLE more (id text)" });
  t.after(() => empty.close());
  const asFound = (service: string) => ({ service, surroundings: systemSurroundings, asFound: true });
  await assert.rejects(empty.open(asFound("billing")), { code: "STORE_NOT_MIGRATED" });
  const store = await testStore(t, url);
  assert.equal((await store.query("SELECT FROM pg_class WHERE relname = 'more'")).rowCount, 0);
  await store.unitOfWork((unit) => unit.service.rename("invoicing"));
  await empty.open(asFound("invoicing"));
  assert.equal((await store.query<{ name: string }>("SELECT name FROM throughline.service")).rows[0]?.name, "billing");
});
