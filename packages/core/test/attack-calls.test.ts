import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { readDeadLetter, redriveRecord } from "../src/system-topics/index.ts";
import { eventRecord, isSettled, memory, OrderCreated, OrderUpdated, readAll, service, until } from "./harness.ts";

const numbered = (n: number, subject = "o", id?: string) =>
  eventRecord(OrderUpdated, { order_id: subject, total: n }, n, id === undefined ? {} : { id });

/** A service whose calls end when they are told to. */
function calling(order: "sequential" | "latest" | "any", options: { afterDeadLetter?: "hold" | "continue" } = {}) {
  const { log, store } = memory(1);
  const open = new Map<number, (outcome: Error | null) => void>();
  const calls: number[] = [];
  const committed: number[] = [];
  const mailer = service("mailer", log, store);
  mailer.on(
    OrderUpdated,
    "send",
    {
      call: ({ data }) =>
        new Promise<void>((resolve, reject) => {
          calls.push(data.total);
          open.set(data.total, (error) => (error === null ? resolve() : reject(error)));
        }),
      commit: async (_, { data }, ctx) => {
        await ctx.tx.put(`commits:${data.total}`, ((await ctx.tx.lock<number>(`commits:${data.total}`)) ?? 0) + 1);
        committed.push(data.total);
      },
    },
    { replay: "run", order, retryDelaysMs: [3], ...options },
  );
  const end = (n: number, error: Error | null = null): void => {
    open.get(n)?.(error);
    open.delete(n);
  };
  return { log, store, mailer, calls, committed, open, end };
}

describe("calls of one subject (R4, R5)", () => {
  for (const order of ["sequential", "latest"] as const) {
    it(`${order}: events that were parked without the lock are called one after the other, and none is forgotten`, async () => {
      const { log, store, mailer, calls, committed, open, end } = calling(order);
      await log.createTopics([{ name: "order" }]);
      await using _running = await mailer.start();
      await log.append([numbered(1)]);
      await until("the first call", () => open.has(1));
      await store.unitOfWork(async (unit) => {
        await unit.positions.lock({ handlerId: 1, epoch: 1 }, "order", ["o"], { wait: true });
        await log.append([numbered(2), numbered(3)]);
        await until("they are parked", async () => (await unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10)).length === 3);
      });
      await log.append([numbered(4)]);
      await until(
        "the fourth, too",
        async () => (await store.unitOfWork((unit) => unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10))).length === 4,
      );
      // Time enough for a runner that would look at them.
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.deepEqual(calls, [1]);
      for (const n of [1, 2, 3, 4]) {
        await until(`call ${n}`, () => open.has(n), 5_000);
        assert.equal(open.size, 1, "one at a time");
        end(n);
      }
      await until("settled", () => isSettled(log, store, ["order"]));
      assert.deepEqual(committed, [1, 2, 3, 4]);
    });
  }

  it("the same event twice, parked without the lock, is called and committed once", async () => {
    const id = "01900000-0000-7000-8000-0000000000b1";
    const { log, store, mailer, calls, committed, open, end } = calling("sequential");
    await log.createTopics([{ name: "order" }]);
    await using _running = await mailer.start();
    await log.append([numbered(1, "o", id)]);
    await until("the call", () => open.has(1));
    await store.unitOfWork(async (unit) => {
      await unit.positions.lock({ handlerId: 1, epoch: 1 }, "order", ["o"], { wait: true });
      await log.append([numbered(1, "o", id)]);
      await until("it is parked", async () => (await unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10)).length === 2);
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual(calls, [1]);
    end(1);
    await until("settled", () => isSettled(log, store, ["order"]), 5_000);
    assert.deepEqual(committed, [1]);
  });

  it("any: two parked rows of one event are committed once, and both are answered", async () => {
    const { log, store, mailer, open, end } = calling("any");
    await log.createTopics([{ name: "order" }]);
    await using _running = await mailer.start();
    await log.append([numbered(1)]);
    await until("the call", () => open.has(1));
    await store.unitOfWork(async (unit) => {
      const [row] = await unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10);
      await unit.parked.add([{ ...row!, id: randomUUID(), lease: null, attempts: [], dueAtMs: 1 }]);
    });
    const first = open.get(1)!;
    open.delete(1);
    await until("the second call", () => open.has(1), 5_000);
    first(null);
    end(1);
    await until("settled", () => isSettled(log, store, ["order"]), 5_000);
    assert.equal(store.get("commits:1"), 1);
  });

  it("a redriven letter whose call fails once more is called again, though later events went on", async () => {
    const { log, mailer, committed, open, end } = calling("sequential", { afterDeadLetter: "continue" });
    await log.createTopics([{ name: "order" }]);
    await using _running = await mailer.start();
    await log.append([numbered(1), numbered(2)]);
    for (let attempt = 1; attempt <= 2; attempt++) {
      await until("the call", () => open.has(1), 5_000);
      end(1, new Error("down"));
    }
    await until("the next", () => open.has(2), 5_000);
    end(2);
    await until("the letter", async () => (await readAll(log, "mailer.dlt")).length === 1);
    const { letter, original } = readDeadLetter((await readAll(log, "mailer.dlt"))[0]!)!;
    await log.append([
      redriveRecord({
        requestId: randomUUID(),
        action: "redrive",
        service: "mailer",
        handler: "send",
        failureId: letter.failureId,
        by: "ann",
        reason: null,
        atMs: Date.now(),
        original,
        editedValue: null,
        force: false,
      }),
    ]);
    await until("the call after the redrive", () => open.has(1), 5_000);
    end(1, new Error("still down"));
    await until("its retry", () => open.has(1), 5_000);
    end(1);
    await until("it is committed", () => committed.length === 2, 5_000);
    assert.deepEqual(committed, [2, 1]);
    assert.equal((await readAll(log, "mailer.dlt")).length, 1);
  });
});

describe("what stands in a queue of calls", () => {
  it("redriven letters that wait for their retries do not hide the next event of their subject", async () => {
    const { log, store, mailer, committed, open, end } = calling("sequential", { afterDeadLetter: "continue" });
    await log.createTopics([{ name: "order" }]);
    await using _running = await mailer.start();
    await log.append([numbered(1)]);
    await until("the call", () => open.has(1));
    // Five letters of the subject that were redriven and failed again, in front of it.
    await store.unitOfWork(async (unit) => {
      const [row] = await unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10);
      await unit.parked.add(
        [0, -1, -2, -3, -4].map((sequence) => ({
          ...row!,
          id: randomUUID(),
          eventKey: `redriven ${sequence}`,
          sequence,
          reason: "redriven" as const,
          dueAtMs: Date.now() + 600_000,
          lease: null,
          attempts: [],
        })),
      );
    });
    end(1);
    await until("it is committed", () => committed.length === 1);
    await log.append([numbered(2)]);
    await until("the next call", () => open.has(2), 5_000);
    end(2);
    await until("it is committed, too", () => committed.length === 2);
  });

  it("events that were found due behind another lose their time, however many, and other subjects are called", async () => {
    const { log, store, mailer, open, end, committed } = calling("sequential");
    await log.createTopics([{ name: "order" }]);
    await using _running = await mailer.start();
    await log.append([numbered(1)]);
    await until("the call", () => open.has(1));
    // Eighty that were parked without the lock, all due before anything else; the second of them is not.
    await store.unitOfWork(async (unit) => {
      const [row] = await unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10);
      await unit.parked.add(
        Array.from({ length: 80 }, (_, n) => ({
          ...row!,
          id: randomUUID(),
          eventKey: `behind ${n}`,
          sequence: n + 2,
          reason: "behind" as const,
          dueAtMs: n === 0 ? null : 1,
          lease: null,
          attempts: [],
          record: { ...row!.record, offset: 1_000 + n },
        })),
      );
    });
    await log.append([eventRecord(OrderUpdated, { order_id: "other", total: 99 }, 1)]);
    await until("the other subject is called", () => open.has(99), 5_000);
    end(99);
    await until("it is committed", () => committed.includes(99));
    assert.equal(open.size, 1, "one call of the long queue at a time");
    end(1);
  });
});

describe("rolling deploys (R13)", () => {
  it("a parked event of a type that only the newer code handles waits for the newer code", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const newer = service("reader", log.connect(), store.connect(), { instance: "newer" });
    newer.on([OrderCreated, OrderUpdated], "follow", async ({ type }, ctx) => {
      await ctx.tx.put("seen", type);
      throw new Error("not yet");
    });
    const first = await newer.start();
    await log.append([eventRecord(OrderCreated, { order_id: "o", total: 1 }, 1)]);
    await until("it is parked", async () => (await store.unitOfWork((unit) => unit.parked.counts())).length === 1);
    await store.unitOfWork(async (unit) => {
      const [row] = await unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10);
      await unit.parked.update([{ ...row!, dueAtMs: Date.now() + 200 }]);
    });
    await first.close();
    const older = service("reader", log.connect(), store.connect(), { instance: "older" });
    older.on(OrderUpdated, "follow", () => undefined);
    await using _older = await older.start();
    await until("the older code has looked at it", async () => {
      const [row] = await store.unitOfWork((unit) => unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10));
      return row?.state === "dead" || row?.reason === "version";
    });
    assert.equal((await readAll(log, "reader.dlt")).length, 0);
  });
});
