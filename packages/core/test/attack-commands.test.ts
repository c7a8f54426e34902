import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type EventLog } from "../src/seams/index.ts";
import { coreError, type MemoryLog, type MemoryTx } from "../src/index.ts";
import { commandsTopic, redriveTopic, unpackDurations } from "../src/system-topics/index.ts";
import { eventRecord, InvoiceCreated, isSettled, memory, OrderUpdated, readAll, receipts, service, until } from "./harness.ts";
import { everything, progress, replay } from "./replay-harness.ts";

const numbered = (n: number, subject = "o", timestampMs?: number) =>
  eventRecord(OrderUpdated, { order_id: subject, total: n }, n, timestampMs === undefined ? {} : { timestampMs });
describe("requests (R7, R8, R14)", () => {
  it("garbage in the topics of requests and commands stops nothing", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "note", async ({ sequence }, ctx) => ctx.tx.put(`epoch${ctx.epoch}:${sequence}`, true));
    await using _running = await reader.start();
    await log.append([numbered(1)]);
    const garbage = [
      "{",
      "null",
      "7",
      "[]",
      '{"service":"reader"}',
      '{"service":"reader","handler":"note","command":"replay"}',
      '{"service":"reader","handler":"note","failureId":"x","original":{}}',
    ];
    for (const topic of [commandsTopic, redriveTopic("reader")])
      await log.append(garbage.map((text) => ({ topic, key: null, value: Buffer.from(text), headers: [] })));
    const id = await replay(log, "note", { kind: "rerun" });
    await until("the rerun after it", async () => (await progress(log, id))?.state === "done", 20_000);
    assert.equal(store.get("epoch2:1"), true);
  });

  it("an onReset that throws changes nothing, is refused visibly, and holds up no later command", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    const onReset = async (tx: MemoryTx): Promise<void> => {
      await tx.delete("sum");
      throw new Error("the table is gone");
    };
    reader.on(
      OrderUpdated,
      "sum",
      async ({ data }, ctx) => ctx.tx.put("sum", ((await ctx.tx.get<number>("sum")) ?? 0) + data.total),
      { onReset },
    );
    await using _running = await reader.start();
    await log.append([numbered(1), numbered(2)]);
    await until("live is done", () => store.get("sum") === 3);
    const refused = await replay(log, "sum", { kind: "rebuild" });
    const rerun = await replay(log, "sum", { kind: "rerun" });
    await until("the second is done", async () => (await progress(log, rerun))?.state === "done", 20_000);
    assert.match((await progress(log, refused))?.problem ?? "", /the table is gone/);
    assert.equal(store.get("sum"), 6, "live, and the rerun");
    await log.append([numbered(3)]);
    await until("live goes on", () => store.get("sum") === 9);
  });

  it("a rebuild that begins while a handler runs does not keep what that handler wrote", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const gate = Promise.withResolvers<void>();
    let held = 0;
    const reader = service("reader", log, store);
    const onReset = async (tx: MemoryTx): Promise<void> => {
      for (const key of await tx.keys("applied:")) await tx.delete(key);
    };
    reader.on(
      OrderUpdated,
      "note",
      async ({ sequence }, ctx) => {
        await ctx.tx.put(`applied:${sequence}:${ctx.epoch}`, true);
        if (sequence === 2 && ctx.epoch === 1 && held++ === 0) await gate.promise;
      },
      { onReset },
    );
    await using _running = await reader.start();
    await log.append([numbered(1)]);
    await until("the first", () => store.entries("applied:").length === 1);
    await log.append([numbered(2)]);
    await until("the second is running", () => held === 1);
    const id = await replay(log, "note", { kind: "rebuild" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    gate.resolve();
    await until("it is rebuilt", async () => (await progress(log, id))?.state === "done");
    assert.deepEqual(
      store.entries("applied:").map(([key]) => key),
      ["applied:1:2", "applied:2:2"],
    );
  });

  it("a rerun that begins in the middle of history handles its last events, too, however live goes on", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "note", async ({ sequence }, ctx) => ctx.tx.put(`epoch${ctx.epoch}:${sequence}`, true), {
      reorderWindowMs: 1_000,
    });
    await using _running = await reader.start();
    const nowMs = Date.now();
    await log.append([
      numbered(1, "o", nowMs - 5_000),
      numbered(2, "o", nowMs - 5_000),
      numbered(3, "o", nowMs),
      numbered(4, "o", nowMs),
    ]);
    await until("live is done", () => isSettled(log, store, ["order"]));
    const id = await replay(log, "note", { kind: "rerun", range: { ...everything, fromMs: nowMs - 100 } });
    const parked = () => store.unitOfWork((unit) => unit.parked.ofRun({ handlerId: 1, epoch: 2 }, 10));
    await until("it holds them, for it met their subject in the middle", async () => (await parked()).length === 2);
    await log.append([numbered(5)]);
    await until("both are handled", () => store.entries("epoch2:").length === 2, 5_000);
    await until("it is done", async () => (await progress(log, id))?.state === "done");
    assert.deepEqual(
      store.entries("epoch2:").map(([key]) => key),
      ["epoch2:3", "epoch2:4"],
    );
  });
});

describe("receipts (R9, R14)", () => {
  const reported = async (log: MemoryLog): Promise<number[]> => {
    const offsets = new Set<number>();
    for (const receipt of await receipts(log)) {
      if (receipt.kind === "range")
        unpackDurations(receipt.applied).forEach((micros, i) => micros !== null && offsets.add(receipt.from + i));
    }
    return [...offsets].sort((a, b) => a - b);
  };

  it("that the log refused for a while are not lost when later ones reach it", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    let isRefusing = true;
    log.refuse((record) => (isRefusing && record.topic === "throughline.receipts" ? "forbidden" : undefined));
    const define = () => {
      const reader = service("reader", log.connect(), store.connect());
      reader.on(OrderUpdated, "follow", () => undefined);
      return reader;
    };
    const running = await define().start();
    await log.append([1, 2, 3].map((n) => numbered(n)));
    await until("handled", () => isSettled(log, store, ["order"]));
    await new Promise((resolve) => setTimeout(resolve, 400));
    isRefusing = false;
    await log.append([4, 5].map((n) => numbered(n)));
    await until("the later ones", async () => (await reported(log)).includes(4));
    await running.close();
    await using _running = await define().start();
    await until("all of them", async () => (await reported(log)).length === 5, 5_000);
  });

  it("are not read back from the log again and again while they cannot be reported", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    log.refuse((record) => (record.topic === "throughline.receipts" ? "forbidden" : undefined));
    let reads = 0;
    const counted = new Proxy<EventLog>(log, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (name === "read") reads++;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const reader = service("reader", counted, store);
    reader.on(OrderUpdated, "follow", () => undefined);
    await using _running = await reader.start();
    await log.append([1, 2, 3].map((n) => numbered(n)));
    await until("handled", () => isSettled(log, store, ["order"]));
    const before = reads;
    await new Promise((resolve) => setTimeout(resolve, 4_500));
    assert.equal(reads, before);
  });
});

describe("the relay (R2)", () => {
  it("a topic that cannot be created stops its own events, and no others", async () => {
    const { log, store } = memory(1);
    const forbidding = new Proxy<EventLog>(log, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (name === "createTopics")
          return async (topics: Parameters<EventLog["createTopics"]>[0]) => {
            if (topics.some((topic) => topic.name === "invoice"))
              throw coreError("LOG_RECORD_REFUSED", { topic: "invoice", reason: "not authorised" });
            return target.createTopics(topics);
          };
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const orders = service("orders", forbidding, store);
    await using _running = await orders.start();
    await orders.publish(InvoiceCreated, { order_id: "o", total: 1 }, { tx: "none" });
    await orders.publish(OrderUpdated, { order_id: "o", total: 1 }, { tx: "none" });
    await until("the other", async () => (await readAll(log, "order")).length === 1, 5_000);
    const [stopped] = await store.unitOfWork((unit) => unit.outbox.stopped());
    assert.equal(stopped?.row.topic, "invoice");
  });
});

describe("a store that fails at an awkward moment (R4)", () => {
  it("sharing that ends while the store cannot remember it stops no partition", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    let saves = 0;
    const failing = new Proxy(store, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (name !== "unitOfWork") return typeof value === "function" ? value.bind(target) : value;
        return (work: Parameters<typeof store.unitOfWork>[0], options?: Parameters<typeof store.unitOfWork>[1]) =>
          target.unitOfWork(
            (unit) =>
              work({
                ...unit,
                handlers: {
                  ...unit.handlers,
                  endSharing: (handlerId, ended) =>
                    saves++ === 0
                      ? Promise.reject(coreError("STORE_UNAVAILABLE", { store: "memory", what: "a test" }))
                      : unit.handlers.endSharing(handlerId, ended),
                },
              }),
            options,
          );
      },
    });
    const reader = service("reader", log, failing);
    reader.on(OrderUpdated, "follow", async ({ sequence }, ctx) => {
      await ctx.tx.set("tenant", "t");
      await ctx.tx.put(`event:${sequence}`, true);
    });
    await using _running = await reader.start();
    await log.append([numbered(1), numbered(2)]);
    await until("both", () => store.entries("event:").length === 2, 5_000);
    assert.ok(saves > 0);
  });
});
