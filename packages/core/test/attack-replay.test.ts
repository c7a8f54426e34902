import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MemoryLog, MemoryStore, MemoryTx, ServiceOptions } from "../src/index.ts";
import type { ParkedRow } from "../src/seams/index.ts";
import { commandsTopic } from "../src/system-topics/index.ts";
import { eventRecord, InvoiceCreated, isSettled, memory, OrderUpdated, readAll, service, until } from "./harness.ts";
import { progress, replay } from "./replay-harness.ts";

const numbered = (n: number, subject = "o") => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);
const subjects = (count: number) => Array.from({ length: count }, (_, i) => `s${i}`);
const clear = async (tx: MemoryTx): Promise<void> => {
  for (const key of await tx.keys("epoch")) await tx.delete(key);
};

/** Another instance of the service `reader`, on clients of its own. */
const instance = (log: MemoryLog, store: MemoryStore, name: string, options: Partial<ServiceOptions<MemoryTx>> = {}) =>
  service("reader", log.connect(), store.connect(), { instance: name, ...options });

/** Which instance reads the commands. */
async function commander(log: MemoryLog): Promise<string | null | undefined> {
  const group = (await log.groups()).find((found) => found.group === "reader");
  return group?.members.find(({ partitions }) => partitions.some(({ topic }) => topic === commandsTopic))?.instanceId;
}

const publishedOf = async (log: MemoryLog): Promise<string[]> =>
  (await readAll(log, "invoice")).map(({ value }) => Buffer.from(value ?? "").toString()).sort();

describe("replays and several instances (R8)", () => {
  it("an instance that takes over right after a rebuild goes on in the new epoch, and not again in the old one", async () => {
    const { log, store } = memory(1);
    // Many, so that whoever reads the commands reads some of them, too.
    await log.createTopics([{ name: "order", partitions: 12 }]);
    const start = (name: string) =>
      instance(log, store, name)
        .on(OrderUpdated, "note", async ({ id }, ctx) => ctx.tx.insert(`epoch${ctx.epoch}:${id}`, true), { onReset: clear })
        .start();
    await using one = await start("one");
    await using two = await start("two");
    for (const subject of subjects(40)) await log.append([numbered(1, subject)]);
    await until("live is done", () => isSettled(log, store, ["order"]));
    await until("both have partitions", async () => (await commander(log)) !== undefined);
    const first = (await commander(log)) === "one" ? one : two;
    await replay(log, "note", { kind: "rebuild" });
    await until("it has begun", () => store.entries("epoch1:").length === 0);
    // The other one has not looked for new epochs since.
    await first.close();
    await until("it is rebuilt", () => store.entries("epoch2:").length === 40);
    await log.append([numbered(2, "s1")]);
    await until("live goes on", () => store.entries("epoch2:").length === 41);
    assert.equal(store.entries("epoch1:").length, 0);
    const old = await store.unitOfWork((unit) => unit.cursors.list({ handlerId: 1, epoch: 1 }));
    assert.deepEqual(old, []);
  });

  it("what an instance finds parked of a replay that it has not heard of is a replay all the same", async () => {
    const { log, store } = memory(4);
    await log.createTopics([{ name: "order" }]);
    const failed = new Set<string>();
    const start = (name: string) =>
      instance(log, store, name)
        .on(OrderUpdated, "note", async ({ id, data }, ctx) => {
          if (ctx.epoch === 2 && !failed.has(id)) {
            failed.add(id);
            throw new Error("once");
          }
          await ctx.tx.insert(`epoch${ctx.epoch}:${id}`, true);
          await ctx.publish(InvoiceCreated, data);
        })
        .start();
    await using _one = await start("one");
    await using _two = await start("two");
    for (const subject of subjects(60)) await log.append([numbered(1, subject)]);
    await until("live is done", async () => (await publishedOf(log)).length === 60);
    await replay(log, "note", { kind: "rerun" });
    await until("it is done", () => store.entries("epoch2:").length === 60);
    await log.append([numbered(2, "s1")]);
    await until("live goes on", async () => (await publishedOf(log)).length > 60);
    assert.equal((await publishedOf(log)).length, 61);
  });
});

describe("what a replay repeats, and what it does for the first time (R8)", () => {
  it("a replay makes no calls for events that came out of order, either", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const called: string[] = [];
    const reader = service("reader", log, store);
    reader.on(
      OrderUpdated,
      "mail",
      {
        call: async ({ subject, sequence }) => void called.push(`${subject}${sequence}`),
        commit: async (_sent, { id }, ctx) => ctx.tx.put(`epoch${ctx.epoch}:${id}`, true),
      },
      { replay: "skip", onReset: clear },
    );
    await using _running = await reader.start();
    await log.append([numbered(1, "a"), numbered(3, "a"), numbered(2, "a"), numbered(2, "b"), numbered(1, "b")]);
    await until("live is done", () => called.length === 5 && store.entries("epoch1:").length === 5);
    for (const kind of ["rerun", "rebuild"] as const) {
      const id = await replay(log, "mail", { kind });
      await until(`the ${kind} is done`, async () => (await progress(log, id))?.state === "done");
      await until(`nothing of the ${kind} waits`, () => isSettled(log, store, ["order"]));
    }
    assert.equal(called.length, 5);
    await log.append([numbered(4, "a")]);
    await until("live calls", () => called.length === 6);
  });

  it("what a rebuild handles for the first time is handled as in live: what was parked, dead, or not read yet", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    let isBroken = true;
    const gate = Promise.withResolvers<void>();
    let held = 0;
    const called: string[] = [];
    const reader = service("reader", log, store, { retryDelaysMs: [600_000] });
    reader.on(
      OrderUpdated,
      "invoice",
      async ({ data, subject, sequence }, ctx) => {
        if (isBroken && subject === "waiting") throw new Error("not now");
        if (isBroken && subject === "dead") throw Object.assign(new Error("never"), { permanent: true });
        if (subject === "gate" && held++ === 0) await gate.promise;
        await ctx.tx.put(`epoch:${subject}:${sequence}`, true);
        await ctx.publish(InvoiceCreated, data);
      },
      { onReset: clear },
    );
    reader.on(
      OrderUpdated,
      "mail",
      { call: async ({ subject, sequence }) => void called.push(`${subject}:${sequence}`) },
      { replay: "skip", onReset: clear },
    );
    await using _running = await reader.start();
    for (let n = 1; n <= 3; n++) await log.append([numbered(n, "fine"), numbered(n, "waiting"), numbered(n, "dead")]);
    await until("three", () => store.entries("epoch:fine").length === 3);
    await log.append([numbered(1, "gate")]);
    await until("it is held up", () => held === 1);
    await log.append([numbered(4, "fine"), numbered(5, "fine")]);
    isBroken = false;
    const id = await replay(log, "invoice", { kind: "rebuild" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.resolve();
    await until("it is rebuilt", async () => (await progress(log, id))?.state === "done");
    await until("all are published", async () => (await publishedOf(log)).length >= 12);
    const expected = [
      ...[1, 2, 3, 4, 5].map((n) => ["fine", n]),
      ...[1, 2, 3].flatMap((n) => [
        ["waiting", n],
        ["dead", n],
      ]),
      ["gate", 1],
    ];
    assert.deepEqual(await publishedOf(log), expected.map(([order_id, total]) => JSON.stringify({ order_id, total })).sort());
    await until("mail", () => called.length === 12);
    const again = await replay(log, "mail", { kind: "rebuild" });
    await until("it is rebuilt, too", async () => (await progress(log, again))?.state === "done");
    assert.equal(called.length, 12);
  });

  it("a rebuild is refused for the one parked event among thousands that its range does not reread", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "note", async ({ id }, ctx) => ctx.tx.put(`epoch:${id}`, true), {
      onReset: clear,
      reorderWindowMs: 500,
    });
    await using _running = await reader.start();
    for (let n = 1; n <= 12; n++) await log.append([numbered(n)]);
    await until("live is done", () => isSettled(log, store, ["order"]));
    const [topic] = (await log.topics()).filter(({ name }) => name === "order");
    const rows = Array.from({ length: 12_000 }, (_, n) => deadRow(topic?.id ?? "", n === 11_000 ? 3 : 8, n));
    await store.unitOfWork((unit) => unit.parked.add(rows));
    log.trim("order", 0, 5);
    const id = await replay(log, "note", { kind: "rebuild" });
    await until("the refusal", async () => (await progress(log, id))?.state === "refused");
    assert.match((await progress(log, id))?.problem ?? "", /000000011000 lies before the range/);
    await store.unitOfWork((unit) => unit.parked.remove([rows[11_000]?.id ?? ""]));
    const again = await replay(log, "note", { kind: "rebuild" });
    await until("it is rebuilt", async () => (await progress(log, again))?.state === "done");
    await until("nothing is parked any more", async () => (await store.unitOfWork((unit) => unit.parked.counts())).length === 0);
    assert.equal(store.entries("epoch:").length, 7);
  });
});

function deadRow(topicId: string, offset: number, n: number): ParkedRow {
  const { key, value, headers } = numbered(1, `dead${n}`);
  return {
    id: `01900000-0000-7000-9000-${String(n).padStart(12, "0")}`,
    handlerId: 1,
    epoch: 1,
    stream: "order",
    subject: `dead${n}`,
    sequence: 1,
    sequenceEpoch: 0,
    eventKey: `dead${n}`,
    state: "dead",
    reason: "failed",
    dueAtMs: null,
    logDueMs: null,
    attempts: [],
    handled: true,
    record: { topic: "order", topicId, partition: 0, offset, timestampMs: 1, key, value, headers },
    edited: null,
    lease: null,
    parkedAtMs: n,
  };
}
