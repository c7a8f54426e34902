import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { encodeStructuredEvent } from "../src/envelope/index.ts";
import type { MemoryLog } from "../src/index.ts";
import { coreError, type LogRecord, type NewRecord } from "../src/seams/index.ts";
import { deadLetterTopic, type DeadLetter, readDeadLetter, redriveRecord } from "../src/system-topics/index.ts";
import { ReadingBound } from "../src/handling/reading-bound.ts";
import { ask } from "./controls-harness.ts";
import { eventRecord, isSettled, memory, OrderUpdated, readAll, service, until } from "./harness.ts";
import { replay } from "./replay-harness.ts";

const numbered = (n: number, subject = "o") => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);

async function withOrders() {
  const { log, store } = memory(1);
  await log.createTopics([{ name: "order" }]);
  return { log, store };
}

async function letters(log: MemoryLog): Promise<{ letter: DeadLetter; original: LogRecord }[]> {
  return (await readAll(log, deadLetterTopic("reader"))).map(readDeadLetter).filter((found) => found !== null);
}

const redrive = ({ letter, original }: { letter: DeadLetter; original: LogRecord }, edited: unknown = null): NewRecord =>
  redriveRecord({
    requestId: randomUUID(),
    action: "redrive",
    service: "reader",
    handler: letter.handler,
    failureId: letter.failureId,
    by: "ann",
    reason: null,
    atMs: Date.now(),
    original,
    editedValue: edited === null ? null : Buffer.from(JSON.stringify(edited)),
    force: false,
  });

describe("attack: parked events", () => {
  it("latest: an event that was held and then stood behind an older one runs soon after its release", async () => {
    const { log, store } = await withOrders();
    const handled: number[] = [];
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "note", ({ sequence }) => void handled.push(sequence ?? 0), {
      order: "latest",
      transaction: "own",
    });
    await using running = await reader.start();
    await until("joined", async () => (await running.health()).ready);
    await ask(log, { command: "hold", handler: "*", subject: "o", tenant: null, untilMs: null });
    await ask(log, { command: "hold", handler: "*", subject: "another", tenant: null, untilMs: null });
    await log.append([numbered(5), numbered(4)]);
    await until("both are parked", () =>
      store.unitOfWork(async (unit) => (await unit.parked.counts()).reduce((sum, { count }) => sum + count, 0) === 2),
    );
    // Each transaction of the drain runs one, and waits for its turn.
    await ask(log, { command: "limit", handler: "note", perSecond: 4, untilMs: null });
    await ask(log, { command: "release", handler: "*", subject: "o", tenant: null });
    await until("the newest is applied", () => handled.includes(5), 6_000);
  });

  it("an edited payload takes the place of the data of an event in structured mode, too", async () => {
    const { log, store } = await withOrders();
    const handled: number[] = [];
    const reader = service("reader", log, store, { retryDelaysMs: [] });
    reader.on(OrderUpdated, "note", ({ data }) => {
      if (data.total === 1) throw new Error("bad total");
      handled.push(data.total);
    });
    await using _running = await reader.start();
    const { key, value, headers } = encodeStructuredEvent({
      id: randomUUID(),
      source: "orders",
      type: OrderUpdated.type,
      subject: "o",
      timeMs: Date.now(),
      dataVersion: 1,
      data: { order_id: "o", total: 1 },
      correlationId: "c",
    });
    await log.append([{ topic: "order", key, value, headers }]);
    await until("a letter", async () => (await letters(log)).length === 1);
    const [first] = await letters(log);
    await log.append([redrive(first!, { order_id: "o", total: 2 })]);
    await until("it is handled, or dead again", async () => handled.length === 1 || (await letters(log)).length === 2);
    assert.deepEqual(handled, [2]);
  });

  it("the letter of an event that failed again after an edit holds the original's bytes", async () => {
    const { log, store } = await withOrders();
    const reader = service("reader", log, store, { retryDelaysMs: [] });
    reader.on(OrderUpdated, "note", () => {
      throw new Error("bad");
    });
    await using _running = await reader.start();
    await log.append([numbered(1)]);
    await until("a letter", async () => (await letters(log)).length === 1);
    const [first] = await letters(log);
    await log.append([redrive(first!, { order_id: "o", total: 2 })]);
    await until("a second one", async () => (await letters(log)).length === 2);
    const [one, two] = await letters(log);
    assert.deepEqual(Buffer.from(two!.original.value!).toString(), Buffer.from(one!.original.value!).toString());
  });

  it("the drain makes its transactions smaller, too, where they conflict", async () => {
    const { log, store } = await withOrders();
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "note", async ({ sequence }, ctx) => {
      const done = (await ctx.tx.keys("done:")).length - store.entries("done:").length;
      if (done >= 3) throw coreError("TX_CONFLICT", { what: "somebody else writes the same rows" });
      await ctx.tx.put(`done:${String(sequence).padStart(3, "0")}`, true);
    });
    await using running = await reader.start();
    await until("joined", async () => (await running.health()).ready);
    await ask(log, { command: "hold", handler: "*", subject: "o", tenant: null, untilMs: null });
    await log.append(Array.from({ length: 20 }, (_, n) => numbered(n + 1)));
    await until("all are parked", () =>
      store.unitOfWork(async (unit) => (await unit.parked.counts()).reduce((sum, { count }) => sum + count, 0) === 20),
    );
    await ask(log, { command: "release", handler: "*", subject: "o", tenant: null });
    await until("all are handled", () => store.entries("done:").length === 20, 6_000);
  });

  it("what is parked while the count is taken counts against the bound", async () => {
    const counts: (() => void)[] = [];
    const bound = new ReadingBound(
      { now: () => 0, monotonic: () => 0, after: () => ({ cancel: () => undefined }) },
      {
        most: 100,
        resumeAt: 90,
        isStrict: true,
        pollMs: 1,
        count: () => new Promise((resolve) => counts.push(() => resolve(0))),
      },
    );
    bound.reserve(60);
    const looking = bound.look();
    bound.settle(60, 60);
    counts[0]!();
    await looking;
    assert.equal(bound.room, 40);
  });
});

describe("attack: replays", () => {
  it("a command may name a handler by the name that it had before", async () => {
    const { log, store } = await withOrders();
    const epochs: number[] = [];
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "note", (_, { epoch }) => void epochs.push(epoch), { renamedFrom: "old-note" });
    await using _running = await reader.start();
    await log.append([numbered(1)]);
    await until("live", () => isSettled(log, store, ["order"]));
    await replay(log, "old-note", { kind: "rerun" });
    await until("it is run again", () => epochs.includes(2), 5_000);
  });
});
