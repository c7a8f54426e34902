import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { NewRecord } from "../src/seams/index.ts";
import {
  eventRecord,
  isSettled,
  memory,
  OrderCompleted,
  OrderCreated,
  OrderUpdated,
  readAll,
  service,
  until,
} from "./harness.ts";

const contracts = [OrderCreated, OrderUpdated, OrderCompleted] as const;

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

/** Runs arrivals of many subjects at once through one service, and gives what each subject's handler saw. */
async function seenBy(
  arrivals: readonly (readonly NewRecord[])[],
  policy: "sequential" | "latest" | "any",
): Promise<{ applied: Map<string, number[]>; state: Map<string, number>; dead: number }> {
  const { log, store } = memory();
  await log.createTopics([{ name: "order" }]);
  const subject = service("reader", log, store);
  const applied = new Map<string, number[]>();
  subject.on(
    contracts,
    "follow",
    async ({ data, sequence }, ctx) => {
      await ctx.tx.put(`state:${data.order_id}`, data.total);
      const history = (await ctx.tx.get<number[]>(`history:${data.order_id}`)) ?? [];
      await ctx.tx.put(`history:${data.order_id}`, [...history, sequence ?? 0]);
    },
    { order: policy },
  );
  await using _running = await subject.start();
  for (const records of arrivals) for (const record of records) await log.append([record]);
  await until("everything is handled", () => isSettled(log, store, ["order"]));
  for (const [key, value] of store.entries<number[]>("history:")) applied.set(key.slice("history:".length), value);
  const state = new Map(store.entries<number>("state:").map(([key, value]) => [key.slice("state:".length), value]));
  return { applied, state, dead: (await readAll(log, "reader.dlt")).length };
}

describe("order (R5)", () => {
  for (const policy of ["sequential", "latest"] as const) {
    it(`${policy}: every permutation of three events with duplicates ends in the same state`, async () => {
      const arrivals = permutations([1, 2, 3, 1, 2, 3].map((n, i) => ({ n, i })))
        .filter((_, index) => index % 7 === 0)
        .map((order, p) => {
          const ids = [1, 2, 3].map((n) => `01900000-0000-7000-8000-${String(p).padStart(8, "0")}${String(n).padStart(4, "0")}`);
          return order.map(({ n }) =>
            eventRecord(contracts[n - 1] ?? OrderCreated, { order_id: `o${p}`, total: n * 10 }, n, { id: ids[n - 1] ?? "" }),
          );
        });
      const { applied, state, dead } = await seenBy(arrivals, policy);
      assert.equal(dead, 0);
      assert.equal(state.size, arrivals.length);
      assert.deepEqual(new Set(state.values()), new Set([30]));
      if (policy === "sequential") for (const history of applied.values()) assert.deepEqual(history, [1, 2, 3]);
    });
  }

  it("any: each event once, whatever the order", async () => {
    const { applied, dead } = await seenBy(
      [
        [3, 1, 3, 2, 1].map((n) =>
          eventRecord(OrderUpdated, { order_id: "o", total: n }, n, { id: `01900000-0000-7000-8000-00000000000${n}` }),
        ),
      ],
      "any",
    );
    assert.equal(dead, 0);
    assert.deepEqual(applied.get("o"), [3, 1, 2]);
  });

  it("sequential: any shuffle of up to twelve events with duplicates is handled once each, in order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.nat(11), { maxLength: 8 }),
        fc.integer(),
        async (length, extra, seed) => {
          const numbers = [...Array.from({ length }, (_, i) => i + 1), ...extra.map((n) => (n % length) + 1)];
          const shuffled = fc.sample(fc.shuffledSubarray(numbers, { minLength: numbers.length }), { numRuns: 1, seed })[0] ?? [];
          const records = shuffled.map((n) =>
            eventRecord(OrderUpdated, { order_id: "o", total: n }, n, {
              id: `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`,
            }),
          );
          const { applied, dead } = await seenBy([records], "sequential");
          assert.equal(dead, 0);
          assert.deepEqual(
            applied.get("o"),
            Array.from({ length }, (_, i) => i + 1),
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  it("a type that the handler does not handle moves the position, in order or not", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const subject = service("reader", log, store);
    const seen: number[] = [];
    subject.on([OrderCreated, OrderCompleted], "follow", ({ sequence }) => void seen.push(sequence ?? 0));
    await using _running = await subject.start();
    const record = (n: number) =>
      eventRecord(n === 2 || n === 3 ? OrderUpdated : n === 1 ? OrderCreated : OrderCompleted, { order_id: "o", total: n }, n);
    await log.append([3, 4, 1, 2].map(record));
    await until("both are handled", () => seen.length === 2);
    assert.deepEqual(seen, [1, 4]);
  });

  it("what stands behind a failed event waits for that one, and has no deadline", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    await log.append([1, 2, 3].map((n) => eventRecord(OrderUpdated, { order_id: "o", total: n }, n)));
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "follow", ({ sequence }) => {
      if (sequence === 1) throw new Error("a mistake");
    });
    await using _running = await reader.start();
    await until("a letter", async () => (await readAll(log, "reader.dlt")).length > 0);
    const rows = await store.unitOfWork(async (unit) => {
      const [handler] = (await unit.handlers.all()).filter(({ name }) => name === "follow");
      return unit.parked.ofRun({ handlerId: handler?.id ?? 0, epoch: 1 }, 10);
    });
    assert.deepEqual(
      rows.map(({ sequence, state, reason, logDueMs }) => [sequence, state, reason, logDueMs]),
      [
        [1, "dead", "failed", null],
        [2, "waiting", "behind", null],
        [3, "waiting", "behind", null],
      ],
    );
  });

  it("a missing predecessor makes a dead letter after the deadline, in log time; when it comes after all, all run in order", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const subject = service("reader", log, store);
    subject.on(
      OrderUpdated,
      "follow",
      async ({ sequence }, ctx) => ctx.tx.put("seen", [...((await ctx.tx.get<number[]>("seen")) ?? []), sequence]),
      { gapDeadlineMs: 30 },
    );
    await using _running = await subject.start();
    const record = (n: number) => eventRecord(OrderUpdated, { order_id: "o", total: n }, n);
    await log.append([record(1), record(3), record(4)]);
    await until("the gap letter", async () => (await readAll(log, "reader.dlt")).length === 1);
    assert.deepEqual(store.get("seen"), [1]);
    await log.append([record(2)]);
    await until("all four", () => (store.get<number[]>("seen") ?? []).length === 4);
    assert.deepEqual(store.get("seen"), [1, 2, 3, 4]);
  });

  it("a type that the handler does not handle is never a gap letter; the handled event behind it is", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    const seen: number[] = [];
    reader.on([OrderCreated, OrderCompleted], "follow", ({ sequence }) => void seen.push(sequence ?? 0), { gapDeadlineMs: 30 });
    await using _running = await reader.start();
    await log.append([eventRecord(OrderUpdated, { order_id: "o", total: 2 }, 2)]);
    await until("its deadline passed twice", async () =>
      store.unitOfWork(async (unit) => {
        const [row] = await unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10);
        return row?.logDueMs != null && row.logDueMs > row.record.timestampMs + 60;
      }),
    );
    assert.equal((await readAll(log, "reader.dlt")).length, 0);
    await log.append([eventRecord(OrderCompleted, { order_id: "o", total: 3 }, 3)]);
    await until("the letter of the handled one", async () => (await readAll(log, "reader.dlt")).length === 1);
    await log.append([eventRecord(OrderCreated, { order_id: "o", total: 1 }, 1)]);
    await until("both have run", () => seen.length === 2);
    assert.deepEqual(seen, [1, 3]);
  });

  it("a subject met in the middle of its history begins at its lowest number held, and is never a gap", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const record = (n: number) => eventRecord(OrderUpdated, { order_id: "o", total: n }, n);
    await log.append([record(1), record(2)]);
    const subject = service("reader", log, store, { from: "latest" });
    subject.on(
      OrderUpdated,
      "follow",
      async ({ sequence }, ctx) => ctx.tx.put("seen", [...((await ctx.tx.get<number[]>("seen")) ?? []), sequence]),
      { reorderWindowMs: 40 },
    );
    await using _running = await subject.start();
    await log.append([record(5), record(4), record(6)]);
    await until("three are handled", () => (store.get<number[]>("seen") ?? []).length === 3);
    assert.deepEqual(store.get("seen"), [4, 5, 6]);
    assert.equal((await readAll(log, "reader.dlt")).length, 0);
  });

  it("a known number under an unknown id is a dead letter, reason conflict", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const subject = service("reader", log, store);
    let runs = 0;
    subject.on(OrderUpdated, "follow", () => void runs++);
    await using _running = await subject.start();
    await until("joined", async () => (await store.unitOfWork((unit) => unit.cursors.list())).length > 0);
    const later = Date.now() + 1000;
    await log.append([
      eventRecord(OrderUpdated, { order_id: "o", total: 1 }, 1, { timestampMs: later }),
      eventRecord(OrderUpdated, { order_id: "o", total: 2 }, 1, { timestampMs: later }),
    ]);
    await until("the conflict", async () => (await readAll(log, "reader.dlt")).length === 1);
    assert.equal(runs, 1);
  });
});
