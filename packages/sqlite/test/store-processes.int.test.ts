import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { OutboxRow } from "throughline/seams";
import type { SqliteStore } from "../src/index.ts";
import { numbers, outboxRow, put, testStore } from "./store-fixture.ts";

const tables = `CREATE TABLE IF NOT EXISTS commits (id INTEGER PRIMARY KEY AUTOINCREMENT, writer TEXT NOT NULL, n INTEGER NOT NULL)`;

interface Child {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Settles when it has ended and all that it printed is in `lines`. */
  readonly ended: Promise<unknown>;
}

function start(t: TestContext, script: string, ...args: string[]): Child {
  const flags = process.execArgv.filter((flag) => !flag.startsWith("--test"));
  const child = spawn(process.execPath, [...flags, join(import.meta.dirname, script), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const printed = createInterface(child.stdout);
  const lines: string[] = [];
  printed.on("line", (line) => lines.push(line));
  return { process: child, lines, ended: once(printed, "close") };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > deadline) assert.fail(`waited in vain until ${what}`);
    await delay(2);
  }
}

/** Numbers and removes rows as the relay does; what it got is appended to `relayed`. */
async function relay(store: SqliteStore, relayed: OutboxRow[]): Promise<number> {
  const rows = await store.unitOfWork((unit) => unit.outbox.number(50));
  await store.unitOfWork((unit) => unit.outbox.sent(rows.map(({ ticket }) => ticket)));
  relayed.push(...rows);
  return rows.length;
}

test("writers that are killed in the middle leave all or nothing, tickets in commit order, and numbers without gaps", async (t) => {
  const store = await testStore(t, { tables, transactionLimitMs: 20_000 });
  const relayed: OutboxRow[] = [];
  const acknowledged: string[] = [];
  for (let round = 0; round < 2; round += 1) {
    const writers = ["a", "b", "c"].map((name) => ({
      name: `${name}${round}`,
      child: start(t, "store-writer.ts", store.file, `${name}${round}`),
    }));
    for (const [i, { child }] of writers.entries()) {
      await until("the writer has committed some", () => child.lines.length > 10 + 7 * i);
      await relay(store, relayed);
      child.process.kill("SIGKILL");
    }
    await Promise.all(writers.map(({ child }) => child.ended));
    for (const { name, child } of writers) acknowledged.push(...child.lines.map((n) => `${name} ${n}`));
  }
  while ((await relay(store, relayed)) > 0);

  const commits = await store.all<{ writer: string; n: number }>("SELECT writer, n FROM commits ORDER BY id");
  assert.deepEqual(
    relayed.map(({ eventId }) => eventId),
    commits.flatMap(({ writer, n }) => [`${writer}-${n}-first`, `${writer}-${n}-second`]),
  );
  const committed = new Set(commits.map(({ writer, n }) => `${writer} ${n}`));
  for (const each of acknowledged) assert.ok(committed.has(each), `${each} was acknowledged and is gone`);
  assert.ok(acknowledged.length > 60);
  for (const subject of ["s-0", "s-1", "s-2"]) {
    const sequences = relayed.filter((row) => row.subject === subject).map(({ sequence }) => sequence);
    assert.deepEqual(
      sequences,
      Array.from({ length: sequences.length }, (_, i) => i + 1),
    );
  }
  const integrity = await store.all<{ integrity_check: string }>("PRAGMA integrity_check");
  assert.equal(integrity[0]?.integrity_check, "ok");
});

test("a transaction that hangs is rolled back after a second, and nobody else's, here or in another process", async (t) => {
  const store = await testStore(t);
  const child = start(t, "store-hanger.ts", store.file);
  await until("the child hangs in its transaction", () => child.lines.includes("hanging"));
  let ticks = 0;
  const ticking = setInterval(() => (ticks += 1), 10);
  const since = performance.now();
  await store.transaction((tx) => tx.run(put, "parent's neighbour", 1));
  clearInterval(ticking);
  await child.ended;
  assert.deepEqual(child.lines, ["hanging", "TX_TOO_LONG", "neighbour committed"]);
  assert.deepEqual(await numbers(store), { "child's neighbour": 1, "parent's neighbour": 1 });
  const waitedMs = performance.now() - since;
  assert.ok(ticks * 40 > Math.min(waitedMs, 500), `the event loop went on while it waited: ${ticks} ticks in ${waitedMs} ms`);
});

test("what a process publishes wakes the others", async (t) => {
  const store = await testStore(t, { tables });
  const heard = Promise.withResolvers<void>();
  const subscription = store.onCommitted(() => {
    void store.unitOfWork((unit) => unit.outbox.backlog(), { readOnly: true }).then(({ count }) => count > 0 && heard.resolve());
  });
  t.after(() => subscription.stop());
  start(t, "store-writer.ts", store.file, "other");
  await heard.promise;
});

test("two processes race for one lease, one id and one inbox row, and one wins", async (t) => {
  const store = await testStore(t);
  const racers = ["one", "two"].map((name) => start(t, "store-racer.ts", store.file, name));
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
  await store.transaction((tx) => store.publishIn(tx, [outboxRow(0, { once: true })]));
  const rows = await store.unitOfWork((unit) => unit.outbox.number(1_000));
  assert.equal(rows.length, 50);
  assert.deepEqual(
    rows.map(({ sequence }) => sequence),
    Array.from({ length: 50 }, (_, i) => i + 1),
  );
});
