import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { createMemoryLog } from "throughline";
import { receiptsTopic, servicesTopic } from "throughline/system-topics";
import { contentOfIndex } from "../../test/content-of-index.ts";
import { eventRecord, noonMs, SmallLog } from "../../test/small-log.ts";
import { findFlows } from "../flow/index-flows.ts";
import { openSqliteIndex } from "../index-store/sqlite/open-sqlite-index.ts";
import { createIndexer, type IndexerOptions } from "./indexer.ts";

function index(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "index-"));
  const file = join(folder, "index.db");
  const store = openSqliteIndex(file);
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { file, store };
}

const indexerOf = (options: IndexerOptions) => createIndexer({ now: () => noonMs + 60_000, ...options });

async function filled(): Promise<SmallLog> {
  const log = new SmallLog();
  const at = await log.event({ id: "e-1", type: "order.completed" });
  await log.event({ id: "e-2", type: "order.completed", subject: "o-2", correlationId: "flow-2" });
  await log.announce("billing", [{ name: "invoice" }], { publishes: ["invoice.created"] });
  await log.announce("notifications", [{ name: "mail" }]);
  await log.range("billing", "invoice", "order", at, [1_500, 800]);
  await log.told("notifications", "mail", "order", at, { outcome: "retried", attempt: 1 });
  await log.letter("notifications", "mail", "order", at, { failureId: "f-1" });
  await log.told("notifications", "mail", "order", at, { outcome: "dead", failureId: "f-1", attempt: 4, atMs: noonMs + 1_000 });
  return log;
}

test("reads a log once, follows what is appended, and reads nothing twice", async (t) => {
  const { store } = index(t);
  const log = await filled();
  const indexer = indexerOf({ log: log.log, store });
  assert.equal(await indexer.catchUp(), 8);
  assert.equal(await indexer.catchUp(), 0);
  await log.event({ id: "e-3", type: "order.completed", correlationId: "flow-1" });
  assert.equal(await indexer.catchUp(), 1);
  assert.deepEqual(
    (await store.findEvents({ flow: "flow-1" })).map(({ id }) => id),
    ["e-1", "e-3"],
  );
  assert.deepEqual(
    (await store.findEvents({ id: "e-2" })).map(({ subject }) => subject),
    ["o-2"],
  );
  assert.deepEqual(
    (await store.findEvents({ subject: "o-1", limit: 1 })).map(({ id }) => id),
    ["e-3"],
  );
});

test("keeps a range receipt as one row", async (t) => {
  const { file, store } = index(t);
  const log = await filled();
  await log.range(
    "billing",
    "invoice",
    "order",
    2,
    Array.from({ length: 5_000 }, () => 7),
  );
  await indexerOf({ log: log.log, store }).catchUp();
  assert.equal(contentOfIndex(file).ranges.length, 2);
});

test("a rebuilt index has the same content", async (t) => {
  const { file, store } = index(t);
  const log = await filled();
  const indexer = indexerOf({ log: log.log, store, batchRecords: 2 });
  await indexer.catchUp();
  await log.told("notifications", "mail", "order", 0, { outcome: "applied", failureId: "f-1", atMs: noonMs + 5_000 });
  await indexer.catchUp();
  const before = contentOfIndex(file);
  assert.equal(before.failures.length, 1);
  await indexer.rebuild();
  assert.deepEqual(contentOfIndex(file), before);
});

test("what became of a failure does not depend on which topic was read first", async (t) => {
  const log = await filled();
  await log.told("notifications", "mail", "order", 0, { outcome: "applied", failureId: "f-1", atMs: noonMs + 5_000 });
  const contents = [];
  for (const batchRecords of [1, 3, 100]) {
    const { file, store } = index(t);
    await indexerOf({ log: log.log, store, batchRecords }).catchUp();
    contents.push(contentOfIndex(file));
    const { failures } = await store.failures({});
    assert.deepEqual([failures[0]!.state, failures[0]!.answer], ["answered", "applied"]);
  }
  assert.deepEqual(contents[1], contents[0]);
  assert.deepEqual(contents[2], contents[0]);
  // An answer may be read before its letter.
  const { store } = index(t);
  const indexer = indexerOf({ log: log.log, store });
  await log.told("notifications", "mail", "order", 1, { outcome: "applied", failureId: "f-2", atMs: noonMs + 6_000 });
  await indexer.catchUp();
  await log.letter("notifications", "mail", "order", 1, { failureId: "f-2" });
  await indexer.catchUp();
  assert.deepEqual(
    (await store.failures({ subject: "o-2" })).failures.map(({ state }) => state),
    ["answered"],
  );
});

test("begins anew with a topic that was created anew, and shows nothing of the former one", async (t) => {
  const { store } = index(t);
  const former = new SmallLog();
  await former.event({ id: "old-1", type: "order.completed" });
  await former.event({ id: "old-2", type: "order.completed" });
  await indexerOf({ log: former.log, store }).catchUp();
  const now = new SmallLog(createMemoryLog({ defaultPartitions: 1 }));
  await now.append({ topic: "other", key: null, value: null, headers: [] });
  await now.event({ id: "new-1", type: "order.completed" });
  await indexerOf({ log: now.log, store }).catchUp();
  assert.deepEqual(
    (await store.findEvents({ flow: "flow-1" })).map(({ id }) => id),
    ["new-1"],
  );
  const order = (await store.positions()).filter(({ topic }) => topic === "order");
  assert.deepEqual(
    order.map(({ nextOffset, isGone }) => [nextOffset, isGone]),
    [
      [2, true],
      [1, false],
    ],
  );
});

test("counts what cannot be read, says where, and goes on", async (t) => {
  const { store } = index(t);
  const log = await filled();
  const junk = ["", "x", "null", "[]", "7", '{"kind":"range"}', '{"kind":"event","service":{}}', '{"service":1,"handlers":5}'];
  const header = Buffer.from("throughline-dead-letter").toString();
  for (const text of junk) {
    const value = Buffer.from(text);
    for (const topic of ["order", receiptsTopic, servicesTopic, "throughline.audit"])
      await log.append({ topic, key: Buffer.from("k"), value, headers: [] });
    await log.append({ topic: "notifications.dlt", key: null, value, headers: [[header, value]] });
  }
  await log.append({ topic: "order", key: Buffer.from("o-1"), value: null, headers: [] });
  await indexerOf({ log: log.log, store }).catchUp();
  const positions = await store.positions();
  assert.ok(positions.every(({ nextOffset, endOffset }) => nextOffset === endOffset));
  const order = positions.find(({ topic }) => topic === "order")!;
  assert.deepEqual([order.undecodable, order.problem], [junk.length, `${order.endOffset - 2}: EVENT_UNDECODABLE`]);
  assert.ok(positions.find(({ topic }) => topic === receiptsTopic)!.undecodable >= junk.length - 1);
});

test("counts records that retention removed before they were read", async (t) => {
  const { store } = index(t);
  const log = await filled();
  const log2 = log.log;
  const cut: typeof log2 = Object.create(log2, {
    offsets: {
      value: async (topic: string) => (await log2.offsets(topic)).map((at) => (topic === "order" ? { ...at, earliest: 1 } : at)),
    },
  });
  for (const name of ["topics", "read", "committedOffsets"] as const)
    Object.defineProperty(cut, name, { value: (log2[name] as (...all: unknown[]) => unknown).bind(log2) });
  await indexerOf({ log: cut, store }).catchUp();
  const order = (await store.positions()).find(({ topic }) => topic === "order")!;
  assert.deepEqual([order.lost, order.lostUntilMs, order.nextOffset], [1, noonMs, 2]);
});

test("two that index the same write each record once", async (t) => {
  const { file, store } = index(t);
  const log = await filled();
  const records = Array.from({ length: 300 }, (_, n) =>
    eventRecord({ id: `many-${n}`, type: "order.completed", correlationId: "many" }),
  );
  await log.append(...records);
  const second = openSqliteIndex(file);
  t.after(() => second.close());
  const both = [store, second].map((one) => indexerOf({ log: log.log, store: one, batchRecords: 20, pollMs: 1 }));
  for (const indexer of both) indexer.start();
  for (;;) {
    const positions = await store.positions();
    if (positions.length > 3 && positions.every(({ nextOffset, endOffset }) => nextOffset === endOffset)) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(both.map((indexer) => indexer.close()));
  assert.equal((await store.findEvents({ flow: "many" })).length, 300);
  assert.equal(contentOfIndex(file).events.length, 302);
});

test("an index that is behind, or does not follow, calls nothing missing", async (t) => {
  const { store } = index(t);
  const log = await filled();
  const nowMs = noonMs + 120_000;
  const indexer = indexerOf({ log: log.log, store, now: () => nowMs });
  await log.announce("analytics", [{ name: "count" }]);
  await log.range("analytics", "count", "order", 0, [null, 9]);
  await indexer.catchUp();
  const outcome = async (atMs: number) => {
    const { flows } = await findFlows(store, { id: "flow-1" }, { nowMs: atMs });
    return flows[0]!.roots[0]!.handlers.map(({ service, outcome: what }) => `${service} ${what}`);
  };
  assert.deepEqual(await outcome(nowMs), ["analytics missing", "billing applied", "notifications dead"]);
  assert.deepEqual(await outcome(nowMs + 31_000), ["analytics unknown", "billing applied", "notifications dead"]);
  const [receipts] = (await store.positions()).filter(({ topic }) => topic === receiptsTopic);
  await store.look([{ at: receipts!, endOffset: receipts!.endOffset + 5 }], nowMs);
  assert.deepEqual(await outcome(nowMs), ["analytics unknown", "billing applied", "notifications dead"]);
});

test("an index that follows writes nothing while nothing comes, and is never seen to be behind by what one batch brings", async (t) => {
  const { file, store } = index(t);
  const log = await filled();
  let nowMs = noonMs + 60_000;
  const indexer = indexerOf({ log: log.log, store, now: () => nowMs });
  await indexer.catchUp();
  const changes = () => {
    const db = new DatabaseSync(file);
    const row = db.prepare("PRAGMA data_version").get();
    db.close();
    return JSON.stringify([row, statSync(`${file}-wal`).size]);
  };
  const before = changes();
  nowMs += 1_000;
  await indexer.catchUp();
  assert.equal(changes(), before);
  const looked: number[] = [];
  const watched: typeof store = Object.create(store, {
    look: { value: async (ends: readonly unknown[]) => void looked.push(ends.length) },
  });
  for (const name of ["positions", "apply", "giveUp", "retain", "announcements", "noteCommitted"] as const)
    Object.defineProperty(watched, name, { value: (store[name] as (...all: unknown[]) => unknown).bind(store) });
  await log.event({ id: "e-9", type: "order.completed" });
  await indexerOf({ log: log.log, store: watched, now: () => nowMs }).catchUp();
  assert.deepEqual(looked, []);
  assert.equal((await store.findEvents({ id: "e-9" })).length, 1);
});

test("a file that holds something else is refused, and left as it is", async (t) => {
  const { file, store } = index(t);
  await store.close();
  rmSync(file);
  const db = new DatabaseSync(file);
  db.exec("CREATE TABLE invoices (id TEXT); INSERT INTO invoices VALUES ('i-1')");
  assert.throws(() => openSqliteIndex(file), { code: "INDEX_FILE_FOREIGN" });
  assert.equal(db.prepare("SELECT count(*) AS n FROM invoices").get()!["n"], 1);
  db.close();
});
