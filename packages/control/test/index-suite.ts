import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createMemoryLog } from "throughline";
import { receiptsTopic, servicesTopic } from "throughline/system-topics";
import { findFlows } from "../src/flow/index-flows.ts";
import { createIndexer, type IndexerOptions, type IndexStore } from "../src/index.ts";
import { answersOf } from "./index-answers.ts";
import { eventRecord, noonMs, SmallLog } from "./small-log.ts";

/** An index of its own for a test, and another way to the same one. */
export interface OpenedIndex {
  readonly store: IndexStore;
  open(): Promise<IndexStore>;
}

export const indexerOf = (options: IndexerOptions) => createIndexer({ now: () => noonMs + 60_000, ...options });

export async function filled(): Promise<SmallLog> {
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

/** What every store of the index does. */
export function indexSuite(name: string, indexes: (t: TestContext) => Promise<OpenedIndex>): void {
  test(`${name}: reads a log once, follows what is appended, and reads nothing twice`, async (t) => {
    const { store } = await indexes(t);
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

  test(`${name}: for a tenant, groups come by how many unanswered failures it has, and one is found by its name all the same`, async (t) => {
    const { store } = await indexes(t);
    const log = new SmallLog();
    await log.announce("billing", [{ name: "invoice" }]);
    for (const [n, [tenantId, cause]] of [
      ["acme", "rare"],
      ["zenith", "rare"],
      ["zenith", "often"],
      ["zenith", "often"],
    ].entries()) {
      const at = await log.event({ id: `e-${n}`, type: "order.completed", subject: `o-${n}`, tenantId: tenantId! });
      const error = { name: "Error", code: null, message: cause!, stack: null };
      await log.letter("billing", "invoice", "order", at, { failureId: `f-${n}`, error });
    }
    await indexerOf({ log: log.log, store }).catchUp();
    const of = async (query: Parameters<typeof store.failureGroups>[0]) =>
      (await store.failureGroups(query)).map(({ pattern, open, ofTenant }) => [pattern, open, ofTenant]);
    assert.deepEqual(await of({ tenantId: "zenith" }), [
      ["often", 2, 2],
      ["rare", 2, 1],
    ]);
    assert.deepEqual(await of({ tenantId: "acme", openOnly: true }), [["rare", 2, 1]]);
    assert.deepEqual(await of({ tenantId: "nobody" }), []);
    const [{ fingerprint } = assert.fail("no group")] = await store.failureGroups({ tenantId: "acme" });
    assert.deepEqual(await of({ fingerprint, tenantId: "nobody" }), [["rare", 2, 0]]);
    assert.deepEqual(await of({ fingerprint }), [["rare", 2, null]]);
  });

  test(`${name}: what became of a failure does not depend on which topic was read first`, async (t) => {
    const log = await filled();
    await log.told("notifications", "mail", "order", 0, { outcome: "applied", failureId: "f-1", atMs: noonMs + 5_000 });
    const contents = [];
    for (const batchRecords of [1, 3, 100]) {
      const { store } = await indexes(t);
      await indexerOf({ log: log.log, store, batchRecords }).catchUp();
      contents.push(await answersOf(store, ["e-1", "e-2"]));
      const { failures } = await store.failures({});
      assert.deepEqual([failures[0]!.state, failures[0]!.answer], ["answered", "applied"]);
    }
    assert.deepEqual(contents[1], contents[0]);
    assert.deepEqual(contents[2], contents[0]);
    // An answer may be read before its letter.
    const { store } = await indexes(t);
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

  test(`${name}: begins anew with a topic that was created anew, and shows nothing of the former one`, async (t) => {
    const { store } = await indexes(t);
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

  test(`${name}: counts what cannot be read, says where, and goes on`, async (t) => {
    const { store } = await indexes(t);
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

  test(`${name}: counts records that retention removed before they were read`, async (t) => {
    const { store } = await indexes(t);
    const log = await filled();
    const log2 = log.log;
    const cut: typeof log2 = Object.create(log2, {
      offsets: {
        value: async (topic: string) =>
          (await log2.offsets(topic)).map((at) => (topic === "order" ? { ...at, earliest: 1 } : at)),
      },
    });
    for (const name of ["topics", "read", "committedOffsets"] as const)
      Object.defineProperty(cut, name, { value: (log2[name] as (...all: unknown[]) => unknown).bind(log2) });
    await indexerOf({ log: cut, store }).catchUp();
    const order = (await store.positions()).find(({ topic }) => topic === "order")!;
    assert.deepEqual([order.lost, order.lostUntilMs, order.nextOffset], [1, noonMs, 2]);
  });

  test(`${name}: two that index the same write each record once`, async (t) => {
    const { open, store } = await indexes(t);
    const log = await filled();
    const records = Array.from({ length: 300 }, (_, n) =>
      eventRecord({ id: `many-${n}`, type: "order.completed", correlationId: "many" }),
    );
    await log.append(...records);
    const second = await open();
    const both = [store, second].map((one) => indexerOf({ log: log.log, store: one, batchRecords: 20, pollMs: 1 }));
    for (const indexer of both) indexer.start();
    for (;;) {
      const positions = await store.positions();
      if (positions.length > 3 && positions.every(({ nextOffset, endOffset }) => nextOffset === endOffset)) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(both.map((indexer) => indexer.close()));
    assert.equal((await store.findEvents({ flow: "many" })).length, 300);
    assert.equal(
      (await store.typesSeen()).reduce((sum, { count }) => sum + count, 0),
      302,
    );
  });

  test(`${name}: an index that is behind, or does not follow, calls nothing missing`, async (t) => {
    const { store } = await indexes(t);
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

  test(`${name}: after its clock was put back, an index is blind until it is looked at again, and then is not`, async (t) => {
    const { store } = await indexes(t);
    const log = await filled();
    const now = noonMs + 60_000;
    await indexerOf({ log: log.log, store, now: () => now + 3_600_000 }).catchUp();
    const blind = async () => (await findFlows(store, { id: "flow-1" }, { nowMs: now })).blind;
    assert.equal(await blind(), "the index does not follow the log now");
    await indexerOf({ log: log.log, store, now: () => now }).catchUp();
    assert.equal(await blind(), null);
  });
}
