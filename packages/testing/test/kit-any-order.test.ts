import assert from "node:assert/strict";
import { AssertionError } from "node:assert";
import { describe, it } from "node:test";
import { event, testService } from "@throughline/testing";
import { defineEvent, type HandlerOptions, PermanentError } from "throughline";
import * as z from "zod";
import { memoryService, OrderCompleted, OrderCreated, OrderUpdated, PaymentTaken } from "./kit-services.ts";

const orderEvents = [
  event(OrderCreated, { order_id: "o1", total: 10 }),
  event(OrderUpdated, { order_id: "o1", total: 20 }),
  event(OrderUpdated, { order_id: "o1", total: 30 }),
  event(OrderCompleted, { order_id: "o1", total: 40 }),
] as const;

/** Keeps the newest total, and how often it was told one. */
function follower(options: HandlerOptions) {
  const { service, store } = memoryService("follower");
  service.on(
    [OrderCreated, OrderUpdated, OrderCompleted],
    "follow",
    async ({ data: { order_id, total } }, ctx) => {
      const before = await ctx.tx.get<{ total: number; told: number }>(order_id);
      await ctx.tx.put(order_id, { total, told: (before?.told ?? 0) + 1 });
    },
    options,
  );
  return { service, store };
}

describe("anyOrderWithDuplicates", () => {
  it("passes a sequential handler: 24 orders with duplicates, each event once and in its place", async () => {
    const { service, store } = follower({ order: "sequential" });
    await using t = await testService(service);
    await t.anyOrderWithDuplicates(orderEvents, { state: (order) => store.get(order) });
    const states = store.entries<{ total: number; told: number }>("o1-run").map(([, state]) => state);
    assert.equal(states.length, 25, "24 orders, and the one given without duplicates");
    for (const state of states) assert.deepEqual(state, { total: 40, told: 4 });
  });

  it("catches a handler that depends on the order, and says which order, which states and which seed", async () => {
    const { service, store } = follower({ order: "any" });
    await using t = await testService(service, { seed: 42 });
    const state = (order: string) => ({ order, now: store.get(order) });
    await assert.rejects(t.anyOrderWithDuplicates(orderEvents, { state }), (error) => {
      assert.ok(error instanceof AssertionError);
      assert.match(error.message, /The handlers of "follower" end in another state/);
      assert.match(
        error.message,
        /the order given: 1:order.created, 2:order.updated, 3:order.updated, 4:order.completed\n\s+\{ order: 'o1', now: \{ total: 40, told: 4 \} \}/,
      );
      assert.match(error.message, /order \d+ of 24: .*again/);
      assert.match(error.message, /Seed 42/);
      assert.deepEqual(error.expected, { order: "o1", now: { total: 40, told: 4 } });
      assert.notDeepEqual(error.actual, error.expected);
      return true;
    });
  });

  it("tries the same orders again with the same seed", async () => {
    const messageOf = async (seed: number): Promise<string> => {
      const { service, store } = follower({ order: "any" });
      await using t = await testService(service, { seed });
      return await t.anyOrderWithDuplicates(orderEvents, { state: (order) => store.get(order), maxPermutations: 3 }).then(
        () => "passed",
        (error: Error) => error.message,
      );
    };
    assert.equal(await messageOf(3), await messageOf(3));
    assert.notEqual(await messageOf(3), await messageOf(4));
  });

  it("duplicates do not reach an effect outside of the transaction; a crash between call and COMMIT does", async () => {
    const { service } = memoryService("counter");
    const counted = new Map<string, number>();
    service.on(
      OrderCreated,
      "count",
      { call: async ({ data }) => void counted.set(data.order_id, (counted.get(data.order_id) ?? 0) + 1) },
      { replay: "run", retryDelaysMs: [], order: "any" },
    );
    await using t = await testService(service);
    const twice = [event(OrderCreated, { order_id: "o1", total: 1 }), event(OrderCreated, { order_id: "o1", total: 1 })];
    await t.anyOrderWithDuplicates(twice, { state: (order) => counted.get(order) });
    t.crashBeforeCommit();
    await t.when(OrderCreated, { order_id: "crashed", total: 1 });
    assert.equal(counted.get("crashed"), 2);
  });

  it("catches a handler that some order makes a dead letter", async () => {
    const { service, store } = memoryService("strict");
    service.on(
      [OrderCreated, OrderCompleted],
      "follow",
      async ({ type, data }, ctx) => {
        if (type === "order.completed" && (await ctx.tx.get(data.order_id)) === undefined)
          throw new PermanentError("completed before it was created");
        await ctx.tx.put(data.order_id, type);
      },
      { order: "any" },
    );
    await using t = await testService(service);
    const events = [event(OrderCreated, { order_id: "o1", total: 1 }), event(OrderCompleted, { order_id: "o1", total: 1 })];
    await assert.rejects(
      t.anyOrderWithDuplicates(events, { state: (order) => store.get(order) }),
      /"follow" made order.completed a dead letter: completed before it was created/,
    );
  });

  it("keeps arrivals of different streams in their order, and a handler may wait for the other stream by failing", async () => {
    const { service, store } = memoryService("matcher");
    service.on(OrderCreated, "order", ({ data }, ctx) => ctx.tx.put(`order:${data.order_id}`, data.total));
    service.on(PaymentTaken, "payment", async ({ data }, ctx) => {
      if ((await ctx.tx.get(`order:${data.order_id}`)) === undefined) throw new Error("the order is not there yet");
      await ctx.tx.put(`paid:${data.order_id}`, data.payment_id);
    });
    await using t = await testService(service);
    const payment = { payment_id: "7b7a4f46-1de4-4a6c-9a53-000000000001", order_id: "o1", tenant_id: "acme" };
    await t.anyOrderWithDuplicates([event(OrderCreated, { order_id: "o1", total: 5 }), event(PaymentTaken, payment)], {
      state: (order) => ({ total: store.get(`order:${order}`), paid: store.get(`paid:${order}`) }),
    });
    assert.equal(store.get(`paid:o1-run0000`) === payment.payment_id, false, "each order has a payment of its own");
    assert.equal(store.entries("paid:").length, 3);
  });

  it("tries a sample of the orders of more than five events", async () => {
    const { service, store } = follower({ order: "sequential" });
    await using t = await testService(service);
    const seven = Array.from({ length: 7 }, (_, n) => event(OrderUpdated, { order_id: "o1", total: n }));
    await t.anyOrderWithDuplicates(seven, { state: (order) => store.get(order), maxPermutations: 20, duplicates: 2 });
    assert.equal(store.entries("o1-run").length, 22);
  });

  it("numbers stand in for numbers, and only where the contract has its subject", async () => {
    const Counted = defineEvent("item.counted", {
      version: 1,
      subject: "item",
      data: z.object({ item: z.int(), count: z.int() }),
    });
    const { service, store } = memoryService("counter");
    service.on(Counted, "count", ({ data }, ctx) => ctx.tx.put(`item:${data.item}`, data));
    await using t = await testService(service);
    await t.anyOrderWithDuplicates([event(Counted, { item: 1, count: 1 }), event(Counted, { item: 1, count: 2 })], {
      state: (item) => store.get(`item:${item}`),
    });
    assert.deepEqual(
      store.entries<{ count: number }>("item:").map(([, { count }]) => count),
      [2, 2, 2],
    );
  });
});
