import assert from "node:assert/strict";
import { after, test } from "node:test";
import pg from "pg";
import { startPostgres, unsynced } from "../../../scripts/services/postgres.ts";
import { openPostgresLagStore } from "../src/index.ts";
import { changes, lagStoreSuite, point } from "./lag-store-suite.ts";

const server = await startPostgres({ settings: unsynced });
after(() => server.close());
let databases = 0;

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

async function newDatabase(): Promise<string> {
  const name = `lag_${(databases += 1)}`;
  await onServer(server.url(), `CREATE DATABASE ${name}`);
  return server.url(name);
}

lagStoreSuite("PostgreSQL", async () => {
  const url = await newDatabase();
  return { open: (options) => openPostgresLagStore(url, options) };
});

test("a database of a later version, or that cannot be reached, is refused without its password", async () => {
  const url = await newDatabase();
  await (await openPostgresLagStore(url)).close();
  await onServer(url, "INSERT INTO throughline_lag.migration (number) VALUES (99)");
  await assert.rejects(openPostgresLagStore(url), {
    code: "LAG_DATABASE_UNUSABLE",
    message: /a newer version made its tables \(migration 99\)/,
  });
  const away = "postgres://control:hunter2@127.0.0.1:1/control";
  await assert.rejects(openPostgresLagStore(away), (error: Error & { code?: string }) => {
    assert.equal(error.code, "LAG_DATABASE_UNUSABLE");
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
});

test("ten that open an empty database at once make its tables once", async () => {
  const url = await newDatabase();
  const stores = await Promise.all(Array.from({ length: 10 }, () => openPostgresLagStore(url)));
  assert.equal(await stores[0]!.claim("me", { nowMs: 0, untilMs: 1 }), true);
  for (const store of stores) await store.close();
});

test("nobody takes the lease while its holder saves, so that nothing is written after it was taken", async () => {
  const url = await newDatabase();
  const [one, two] = await Promise.all([openPostgresLagStore(url), openPostgresLagStore(url)]);
  await one.claim("one", { nowMs: 0, untilMs: 10 });
  // The save stands still where it has read the lease, and has not written yet.
  const holding = new pg.Client({ connectionString: url });
  await holding.connect();
  await holding.query("BEGIN; LOCK TABLE throughline_lag.history IN ACCESS EXCLUSIVE MODE");
  // Outside of the transaction, which would see the same again and again.
  const looking = new pg.Client({ connectionString: url });
  await looking.connect();
  const waiting = async (): Promise<number> => {
    const sql = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    return (await looking.query(sql)).rowCount!;
  };
  const saving = one.save("one", changes({ history: [point("a", 0)] }));
  while ((await waiting()) < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  let isTaken = false;
  const claiming = two.claim("two", { nowMs: 10, untilMs: 20 }).then((taken) => (isTaken = taken));
  while (!isTaken && (await waiting()) < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(!isTaken, "it was taken while its holder saves");
  await Promise.all([holding.end(), looking.end()]);
  assert.deepEqual(await Promise.all([saving, claiming]), [true, true]);
  assert.equal(await one.save("one", changes({ history: [point("b", 0)] })), false);
  assert.deepEqual(await two.history({ group: "b", fromMs: -1, toMs: 1 }), []);
  for (const store of [one, two]) await store.close();
});

test("a server that went away and came back is used again", async () => {
  const url = await newDatabase();
  const store = await openPostgresLagStore(url);
  await store.claim("me", { nowMs: 0, untilMs: 1e9 });
  await server.stop();
  await assert.rejects(store.save("me", changes()));
  await server.start();
  assert.equal(await store.save("me", changes({ history: [point("a", 0)] })), true);
  await store.close();
});
