import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import type { OutboxRow } from "throughline/seams";
import { systemSurroundings } from "throughline";
import { migratePostgresStore, postgres, type PostgresStore, postgresStoreOwner, postgresStoreSql } from "../src/index.ts";
import { type Child, startChild, until } from "./child-process.ts";
import { outboxRow, registerHandler, testStore } from "./store-fixture.ts";
import { StoreProxy } from "./store-proxy.ts";
import { testServer } from "./test-server.ts";

const { server, database } = await testServer();
const tables =
  "CREATE TABLE IF NOT EXISTS commits (id bigint GENERATED ALWAYS AS IDENTITY, writer text NOT NULL, n integer NOT NULL)";

/** Numbers and removes rows as the relay does; what it got is appended to `relayed`. */
async function relay(store: PostgresStore, relayed: OutboxRow[]): Promise<number> {
  const rows = await store.unitOfWork((unit) => unit.outbox.number(50));
  await store.unitOfWork((unit) => unit.outbox.sent(rows.map(({ ticket }) => ticket)));
  relayed.push(...rows);
  return rows.length;
}

/** All or nothing, each writer's events in the order of its commits, numbers without gaps: what was relayed, and committed. */
async function check(store: PostgresStore, relayed: readonly OutboxRow[], acknowledged: readonly string[]): Promise<void> {
  const first = [...new Map(relayed.map((row) => [row.eventId, row])).values()];
  const { rows } = await store.query<{ writer: string; n: number }>("SELECT writer, n FROM commits ORDER BY id");
  assert.deepEqual(
    new Set(first.map(({ eventId }) => eventId)),
    new Set(rows.flatMap(({ writer, n }) => [`${writer}-${n}-first`, `${writer}-${n}-second`])),
  );
  assert.equal(first.length, rows.length * 2);
  const committed = new Set(rows.map(({ writer, n }) => `${writer} ${n}`));
  for (const each of acknowledged) assert.ok(committed.has(each), `${each} was acknowledged and is gone`);
  for (const subject of ["s-0", "s-1", "s-2"]) {
    const ofSubject = first.filter((row) => row.subject === subject);
    assert.deepEqual(
      ofSubject.map(({ sequence }) => sequence),
      ofSubject.map((_, i) => i + 1),
      `numbers of ${subject} without gaps, in the order of sending`,
    );
    const lastOf = new Map<string, number>();
    for (const { eventId } of ofSubject) {
      const [writer = "", n = "", which] = eventId.split("-");
      const at = Number(n) * 2 + (which === "second" ? 1 : 0);
      assert.ok(at > (lastOf.get(writer) ?? 0), `${eventId} stands behind a later commit of its writer`);
      lastOf.set(writer, at);
    }
  }
}

const writers = (t: Parameters<typeof startChild>[0], url: string, names: readonly string[]) =>
  names.map((name) => ({ name, child: startChild(t, "store-writer.ts", url, name) }));
const linesOf = (started: readonly { name: string; child: Child }[]) =>
  started.flatMap(({ name, child }) => child.lines.map((n) => `${name} ${n}`));

test("eight writers that are killed in the middle, beside a transaction that stays open, leave all or nothing, in commit order", async (t) => {
  const url = await database();
  const store = await testStore(t, url, { tables });
  const bystander = new pg.Client({ connectionString: url });
  await bystander.connect();
  await bystander.query("BEGIN; INSERT INTO commits (writer, n) VALUES ('bystander', 1)");
  const relayed: OutboxRow[] = [];
  const started = writers(t, url, ["a", "b", "c", "d", "e", "f", "g", "h"]);
  for (const [i, { child }] of started.entries()) {
    await until("the writer has committed some", () => child.lines.length > 5 + 3 * i);
    await relay(store, relayed);
    child.process.kill("SIGKILL");
  }
  assert.ok(relayed.length > 0, "the open transaction delays nobody");
  await Promise.all(started.map(({ child }) => child.ended));
  await bystander.query("ROLLBACK");
  await bystander.end();
  await until("the connections of the dead are closed", async () => {
    const { rows } = await store.query(
      "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()",
    );
    return rows.length === 0;
  });
  while ((await relay(store, relayed)) > 0);
  await check(store, relayed, linesOf(started));
});

test("a server that is killed in the middle of the load loses nothing that was acknowledged, and everything goes on", async (t) => {
  const url = await database();
  const store = await testStore(t, url, { tables });
  const relayed: OutboxRow[] = [];
  const started = writers(t, url, ["a", "b", "c"]);
  const all = () => started.reduce((sum, { child }) => sum + child.lines.length, 0);
  for (let round = 1; round <= 2; round += 1) {
    const before = all();
    await until("all writers go on", () => all() > before + 60);
    await server.kill9();
    await assert.rejects(
      store.unitOfWork((unit) => unit.outbox.number(1)),
      { code: "STORE_UNAVAILABLE", retryable: true },
    );
    await server.start();
    await until("the store is back", () =>
      relay(store, relayed).then(
        () => true,
        () => false,
      ),
    );
  }
  const before = all();
  await until("all writers go on", () => all() > before + 60);
  for (const { child } of started) child.process.kill("SIGKILL");
  await Promise.all(started.map(({ child }) => child.ended));
  await until("nothing of theirs is open", async () => {
    const { rows } = await store.query(
      "SELECT 1 FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database()",
    );
    return rows.length === 0;
  });
  while ((await relay(store, relayed)) > 0);
  await check(store, relayed, linesOf(started));
});

test("a process that is stopped inside a transaction blocks its successor no longer than the limit", async (t) => {
  const url = await database();
  const store = await testStore(t, url);
  const run = await registerHandler(store);
  const cursor = { ...run, topicId: "t", partition: 0 };
  const row = { ...cursor, topic: "t", offset: 0, originOffset: 0, untilOffset: null, logTimeMs: 0, reportedOffset: 0 };
  await store.unitOfWork((unit) => unit.cursors.add([row]));
  const zombie = startChild(t, "store-hanger.ts", url, "3000");
  await until("it holds the cursor", () => zombie.lines.includes("hanging"));
  zombie.process.kill("SIGSTOP");
  const since = performance.now();
  await store.unitOfWork(async (unit) => {
    await unit.cursors.lock(cursor);
    await unit.inbox.add(run, [{ key: "k", partition: 0, offset: 0, outcome: "applied", handledAtMs: 1, durationMicros: 1 }]);
    await unit.cursors.move(cursor, 0, 1, 0);
  });
  assert.ok(performance.now() - since < 6_000);
  zombie.process.kill("SIGCONT");
  await zombie.ended;
  assert.deepEqual(zombie.lines, ["hanging", "TX_TOO_LONG"]);
  assert.equal((await store.unitOfWork((unit) => unit.cursors.lock(cursor)))?.offset, 1);
});

test("a server that goes away without a word during COMMIT is waited for no longer than the limit", async (t) => {
  const { proxy, address } = await StoreProxy.before(await database());
  t.after(() => proxy.close());
  const store = await testStore(t, address, { transactionLimitMs: 500 });
  const run = await registerHandler(store);
  const row = (offset: number) =>
    ({ key: `k${offset}`, partition: 0, offset, outcome: "applied", handledAtMs: 1, durationMicros: 1 }) as const;
  proxy.loseNextCommit("silent");
  await assert.rejects(
    store.unitOfWork((unit) => unit.inbox.add(run, [row(1)])),
    { code: "COMMIT_UNKNOWN" },
  );
  // What is asked next goes over another connection.
  const known = await store.unitOfWork((unit) => unit.inbox.find(run, ["k1"]));
  assert.deepEqual([...known.keys()], ["k1"]);
});

test("what a process publishes wakes the others, and does again after the server was started anew", async (t) => {
  const url = await database();
  const store = await testStore(t, url, { tables });
  const other = postgres({ url });
  t.after(() => other.close());
  await other.open({ service: "billing", surroundings: systemSurroundings });
  let wakes = 0;
  const subscription = store.onCommitted(() => (wakes += 1));
  t.after(() => subscription.stop());
  const isHeard = async (n: number): Promise<void> => {
    const before = wakes;
    await until("a publish of the other is heard", async () => {
      // The other connection may not listen, or tell, yet.
      await other.transaction((tx) => other.publishIn(tx, [outboxRow(n)])).catch(() => undefined);
      return wakes > before;
    });
  };
  await isHeard(1);
  await server.stop();
  await server.start();
  await isHeard(2);
});

test("two processes race for one lease, one id and one inbox row, and one wins", async (t) => {
  const url = await database();
  const store = await testStore(t, url);
  const racers = ["one", "two"].map((name) => startChild(t, "store-racer.ts", url, name));
  await until("both are done", () => racers.every(({ lines }) => lines.length === 1));
  const outcomes = racers.flatMap(({ lines }) => lines).map((line) => JSON.parse(line) as { leases: number; inbox: number });
  assert.equal(
    outcomes.reduce((sum, { leases }) => sum + leases, 0),
    50,
  );
  assert.equal(
    outcomes.reduce((sum, { inbox }) => sum + inbox, 0),
    50,
  );
  const rows = await store.unitOfWork((unit) => unit.outbox.number(1_000));
  assert.deepEqual(
    rows.map(({ sequence }) => sequence),
    Array.from({ length: 50 }, (_, i) => i + 1),
  );
  // Of this machine, so that they are known to be dead.
  await store.unitOfWork((unit) => unit.leases.acquire("held", "gone", 1, 9e12));
  assert.equal(await store.unitOfWork((unit) => unit.leases.acquire("held", "me", 2, 3)), false);
});

test("ten instances that migrate an empty database at once agree, and one that may not is refused", async (t) => {
  const url = await database();
  const refused = postgres({ url, migrate: false });
  await assert.rejects(refused.open({ service: "billing", surroundings: systemSurroundings }), { code: "STORE_NOT_MIGRATED" });
  await refused.close();
  const stores = Array.from({ length: 10 }, () => postgres({ url, maxConnections: 1 }));
  t.after(() => Promise.all(stores.map((store) => store.close())));
  await Promise.all(stores.map((store) => store.open({ service: "billing", surroundings: systemSurroundings })));
  const { rows } = await (stores[0] as PostgresStore).query("SELECT number FROM throughline.migrations ORDER BY number");
  assert.deepEqual(rows, [{ number: 1 }, { number: 2 }]);
});

test("the SQL for another migrator makes what the store itself would, in the schema that is named", async (t) => {
  const url = `${await database()}?schema=billing_events`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(postgresStoreSql({ after: 0, url }));
  await client.end();
  assert.deepEqual(await migratePostgresStore(url, { nowMs: 1 }), []);
  const store = await testStore(t, url, { migrate: false });
  await store.transaction((tx) =>
    store.publishIn(tx, [outboxRow(1), outboxRow(2, { once: true }), outboxRow(3, { once: true })]),
  );
  assert.equal((await store.unitOfWork((unit) => unit.outbox.number(10))).length, 3);
  assert.equal(await postgresStoreOwner(url), "billing");
});

test("a wrong password is one clear error that does not show it, and no loop", async () => {
  const url = new URL(await database());
  url.password = "not-the-password";
  const store = postgres({ url: url.href });
  await assert.rejects(
    store.open({ service: "billing", surroundings: systemSurroundings }),
    (error: Error & { code: string; retryable: boolean }) => {
      assert.deepEqual([error.code, error.retryable], ["POSTGRES_REFUSED", false]);
      assert.ok(!JSON.stringify([error.message, error]).includes("not-the-password"));
      return true;
    },
  );
  await store.close();
});
