import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventRecord, InvoiceCreated, isSettled, memory, OrderUpdated, readAll, service, until } from "./harness.ts";
import { everything, progress, replay } from "./replay-harness.ts";

const numbered = (n: number, subject = "o") => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);
describe("replay (R8)", () => {
  it("a rebuild equals the live result, publishes nothing, and goes on live", async () => {
    const { log, store } = memory(2);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    let factor = 1;
    reader.on(
      OrderUpdated,
      "sum",
      async ({ data, subject }, ctx) => {
        await ctx.tx.put(`sum:${subject}`, ((await ctx.tx.get<number>(`sum:${subject}`)) ?? 0) + data.total * factor);
        await ctx.publish(InvoiceCreated, data);
      },
      {
        onReset: async (tx) => {
          for (const key of await tx.keys("sum:")) await tx.delete(key);
        },
      },
    );
    await using _running = await reader.start();
    for (let n = 1; n <= 20; n++) for (const subject of ["a", "b", "c"]) await log.append([numbered(n, subject)]);
    await until("live is done", () => isSettled(log, store, ["order"]));
    await until("published", async () => (await readAll(log, "invoice")).length === 60);
    const before = store.entries("sum:");
    factor = 2;
    const id = await replay(log, "sum", { kind: "rebuild" });
    await until("it is rebuilt", async () => (await progress(log, id))?.state === "done");
    assert.deepEqual(
      store.entries<number>("sum:"),
      before.map(([key, value]) => [key, (value as number) * 2]),
    );
    assert.equal((await readAll(log, "invoice")).length, 60);
    await log.append([numbered(21, "a")]);
    await until("live goes on", async () => (await readAll(log, "invoice")).length === 61);
  });

  it("a rerun of a part of history changes nothing live and ends by itself", async () => {
    const { log, store } = memory(2);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "note", async ({ subject, sequence }, ctx) =>
      ctx.tx.put(`epoch${ctx.epoch}:${subject}:${sequence}`, true),
    );
    await using _running = await reader.start();
    for (let n = 1; n <= 5; n++) for (const subject of ["a", "b"]) await log.append([numbered(n, subject)]);
    await until("live is done", () => isSettled(log, store, ["order"]));
    const id = await replay(log, "note", { kind: "rerun", range: { ...everything, subjects: ["a"] } });
    await until("it is done", async () => (await progress(log, id))?.state === "done");
    assert.equal(store.entries("epoch1:").length, 10);
    assert.deepEqual(
      store.entries("epoch2:").map(([key]) => key),
      [1, 2, 3, 4, 5].map((n) => `epoch2:a:${n}`),
    );
    await log.append([numbered(6, "a")]);
    await until("live goes on", () => store.get("epoch1:a:6") === true);
    assert.equal(store.entries("epoch2:").length, 5);
  });

  it("a rerun of some places reads those, to their offsets, and nothing else", async () => {
    const { log, store } = memory(3);
    for (const name of ["order", "invoice"]) await log.createTopics([{ name }]);
    const reader = service("reader", log, store);
    reader.on(
      [OrderUpdated, InvoiceCreated],
      "note",
      async ({ type, subject, sequence }, ctx) => ctx.tx.put(`epoch${ctx.epoch}:${type}:${subject}:${sequence}`, true),
      { order: "any" },
    );
    await using _running = await reader.start();
    const subjects = ["a", "b", "c", "d"];
    for (let n = 1; n <= 5; n++) for (const subject of subjects) await log.append([numbered(n, subject)]);
    await until("live is done", () => isSettled(log, store, ["order"]));
    const records = await readAll(log, "order");
    const { partition } = records[0]!;
    const there = records.filter((record) => record.partition === partition);
    const places = [{ topic: "order", partition, fromOffset: 1, toOffset: there.length - 1 }];
    const id = await replay(log, "note", { kind: "rerun", range: { ...everything, places } });
    await until("it is done", async () => (await progress(log, id))?.state === "done");
    assert.equal((await progress(log, id))?.total, there.length - 2);
    assert.equal(store.entries("epoch2:").length, there.length - 2);
    for (const beyond of [
      { fromOffset: 1_000, toOffset: null },
      { fromOffset: null, toOffset: 0 },
    ]) {
      const empty = await replay(log, "note", {
        kind: "rerun",
        range: { ...everything, places: [{ topic: "order", partition, ...beyond }] },
      });
      await until("it is done", async () => (await progress(log, empty))?.state === "done");
      assert.equal((await progress(log, empty))?.total, 0);
    }
    await log.append([numbered(6, "a")]);
    await until("live goes on", () => store.get("epoch1:order.updated:a:6") === true);
    assert.equal(store.entries("epoch2:").length, there.length - 2);
  });

  it("a rebuild of a handler without onReset is refused, visibly", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "note", () => undefined);
    await using _running = await reader.start();
    const id = await replay(log, "note", { kind: "rebuild" });
    await until("the refusal", async () => (await progress(log, id))?.state === "refused");
    assert.match((await progress(log, id))?.problem ?? "", /onReset/);
  });

  it("a handler added later is backfilled from history, hands over, and each event is handled once", async () => {
    const { log, store } = memory(3);
    await log.createTopics([{ name: "order" }]);
    const first = service("reader", log.connect(), store.connect());
    first.on(OrderUpdated, "old", () => undefined);
    const running = await first.start();
    for (let n = 1; n <= 200; n++) await log.append([numbered(1, `s${n}`)]);
    await until("live is done", () => isSettled(log, store, ["order"]));
    await running.close();
    const second = service("reader", log.connect(), store.connect());
    let isFeeding = true;
    let extra = 0;
    second.on(OrderUpdated, "old", () => undefined);
    second.on(OrderUpdated, "new", async ({ id }, ctx) => ctx.tx.insert(`new:${id}`, true));
    await using _running = await second.start();
    const feeding = (async () => {
      while (isFeeding) {
        await log.append([numbered(1, `live${extra++}`)]);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await until("some came live", () => store.entries("new:").length > 250);
    isFeeding = false;
    await feeding;
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.equal(store.entries("new:").length, 200 + extra);
    assert.equal((await readAll(log, "reader.dlt")).length, 0);
  });
});
