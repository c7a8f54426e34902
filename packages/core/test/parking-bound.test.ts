import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { isThroughlineError, type MemoryLog, type MemoryStore, PermanentError } from "../src/index.ts";
import { readAnnouncement, readDeadLetter, redriveRecord } from "../src/system-topics/index.ts";
import { eventRecord, isSettled, memory, OrderUpdated, readAll, service, until } from "./harness.ts";

const numbered = (subject: string, n = 1) => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);
const parked = async (store: MemoryStore, handlerId = 1): Promise<number> =>
  store.unitOfWork((unit) => unit.parked.countOf(handlerId), { readOnly: true });
const done = (store: MemoryStore, handler: string): number => store.entries(`${handler}:`).length;

async function answer(log: MemoryLog, action: "redrive" | "discard", count: number): Promise<void> {
  const letters = (await readAll(log, "reader.dlt")).map((record) => readDeadLetter(record)!).slice(0, count);
  await log.append(
    letters.map(({ letter, original }) =>
      redriveRecord({
        requestId: randomUUID(),
        action,
        service: "reader",
        handler: letter.handler,
        failureId: letter.failureId,
        by: "ann",
        reason: null,
        atMs: Date.now(),
        original,
        editedValue: null,
        force: false,
      }),
    ),
  );
}

describe("parked events are bounded (R6)", () => {
  it("dead letters: the handler pauses at the bound, others go on; it reads on by itself when some were discarded", async () => {
    const { log, store } = memory(3);
    await log.createTopics([{ name: "order" }]);
    let isBroken = true;
    const reader = service("reader", log, store);
    reader.on(
      OrderUpdated,
      "hit",
      async ({ subject }, ctx) => {
        if (isBroken) throw new PermanentError("bad");
        await ctx.tx.put(`hit:${subject}`, true);
      },
      { maxParked: 50 },
    );
    reader.on(OrderUpdated, "other", ({ subject }, ctx) => ctx.tx.put(`other:${subject}`, true));
    let running = await reader.start();
    await log.append(Array.from({ length: 300 }, (_, n) => numbered(`o${n}`)));
    await until("the other handler is done", () => done(store, "other") === 300);
    await until("the bound is reached", async () => (await parked(store)) >= 50);
    await until("it says so", async () => (await running.health()).problems.join().includes("maxParked"));
    assert.equal((await running.health()).ready, true);
    assert.match((await running.health()).problems.join(), /has parked 50 events.*throughline failed --handler hit/);
    await until("it is announced", async () => {
      const last = (await readAll(log, "throughline.services")).map(({ value }) => readAnnouncement(value)).at(-1);
      return last?.handlers[0]?.state === "full" && last.handlers[1]?.state !== "full";
    });
    assert.equal(await parked(store), 50);
    // What the store holds counts after a restart, too.
    await running.close();
    running = await reader.start();
    await until("it says so again", async () => (await running.health()).problems.join().includes("maxParked"));
    assert.equal(await parked(store), 50);
    isBroken = false;
    await answer(log, "discard", 10);
    await until("the rest was handled", () => done(store, "hit") === 250);
    await until("nothing is wrong", async () => (await running.health()).problems.length === 0);
    assert.equal(await parked(store), 40);
    await running.close();
  });

  it("followers: the drain goes on while reading pauses, and the redrive of the one they wait for lets all of them run", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    let isBroken = true;
    const seen: number[] = [];
    const reader = service("reader", log, store, { maxParked: 100 });
    reader.on(OrderUpdated, "hit", ({ data }) => {
      if (isBroken && data.total === 1) throw new PermanentError("bad");
      seen.push(data.total);
    });
    await using running = await reader.start();
    await log.append(Array.from({ length: 500 }, (_, n) => numbered("o", n + 1)));
    await until("it pauses", async () => (await running.health()).problems.join().includes("maxParked"));
    assert.equal(await parked(store), 100);
    isBroken = false;
    await answer(log, "redrive", 1);
    await until("all have run", () => seen.length === 500);
    assert.deepEqual(
      seen,
      Array.from({ length: 500 }, (_, n) => n + 1),
    );
    await until("settled", () => isSettled(log, store, ["order"]));
  });

  it("a slow provider does not park the whole topic, and everything is called in the end", async () => {
    const { log, store } = memory(2);
    await log.createTopics([{ name: "order" }]);
    const gate = Promise.withResolvers<void>();
    let calls = 0;
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "send", { call: async () => (calls++, gate.promise) }, { replay: "run", concurrency: 10 });
    reader.on(OrderUpdated, "other", ({ subject }, ctx) => ctx.tx.put(`other:${subject}`, true));
    await using running = await reader.start();
    for (let n = 0; n < 12; n++) await log.append(Array.from({ length: 100 }, (_, i) => numbered(`o${n}-${i}`)));
    await until("the other handler is done", () => done(store, "other") === 1_200);
    await until("the first are called", () => calls === 10);
    assert.ok((await parked(store)) <= 1_000, `${await parked(store)} are parked`);
    assert.deepEqual((await running.health()).problems, []);
    gate.resolve();
    await until("all are called", () => calls === 1_200);
    await until("settled", () => isSettled(log, store, ["order"]));
  });

  it("a bound that is none is refused", async () => {
    for (const maxParked of [0, -1, Number.NaN]) {
      const { log, store } = memory(1);
      const reader = service("reader", log, store, { maxParked });
      reader.on(OrderUpdated, "hit", () => undefined);
      await assert.rejects(
        reader.start(),
        (error) => isThroughlineError(error, "SERVICE_CANNOT_START") && /maxParked must be more than 0/.test(error.message),
      );
    }
  });
});
