import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { event, testService } from "@throughline/testing";
import { createMemoryStore, createService, type MemoryTx, type Service } from "throughline";
import { InvoiceCreated, OrderCompleted, OrderCreated, OrderUpdated } from "./kit-services.ts";

/** One handler of each mode, as an application defines it. */
function shop(options: { manyPerSubject?: boolean } = {}) {
  const store = createMemoryStore();
  const eventLog = (): never => {
    throw new Error("a test opened the service's own log");
  };
  const service: Service<MemoryTx> = createService({
    name: "shop",
    eventLog,
    store,
    from: "earliest",
    publishes: [InvoiceCreated],
  });
  let isBroken = false;
  service.onBatch(
    [OrderCreated, OrderUpdated, OrderCompleted],
    "totals",
    async (events, ctx) => {
      for (const given of events) {
        const { order_id, total } = given.data;
        if (isBroken && total === 13) throw new Error("unlucky");
        await ctx.tx.put(`total:${order_id}`, total);
        await ctx.tx.put(`count:${order_id}`, ((await ctx.tx.get<number>(`count:${order_id}`)) ?? 0) + 1);
        if (given.type === "order.completed")
          await ctx.publish(InvoiceCreated, { invoice_id: `i-${order_id}`, order_id, total }, { cause: given });
      }
    },
    options,
  );
  service.on([OrderCreated, OrderUpdated], "archive", ({ data, id }, ctx) => ctx.tx.insert(`archive:${id}`, data.total), {
    overlap: true,
  });
  return { service, store, break: (is: boolean) => (isBroken = is) };
}

describe("the kit with handlers of other modes", () => {
  it("handles, publishes and ignores duplicates", async () => {
    const { service, store } = shop();
    await using t = await testService(service);
    const created = await t.when(OrderCreated, { order_id: "o1", total: 20 });
    await t.when(OrderCreated, { order_id: "o1", total: 20 }, { id: created.id });
    const completed = await t.when(OrderCompleted, { order_id: "o1", total: 25 });
    assert.deepEqual([store.get("total:o1"), store.get("count:o1")], [25, 2]);
    assert.deepEqual(store.get(`archive:${created.id}`), 20);
    assert.deepEqual(
      (await t.published(InvoiceCreated)).map(({ causationId, correlationId }) => [causationId, correlationId]),
      [[completed.id, completed.correlationId]],
    );
  });

  it("retries, makes a dead letter, and redrives it", async () => {
    const { service, store, break: breakIt } = shop();
    await using t = await testService(service);
    breakIt(true);
    await t.when(OrderCreated, { order_id: "o1", total: 13 });
    await t.when(OrderUpdated, { order_id: "o1", total: 14 });
    const [letter] = await t.deadLetters();
    assert.deepEqual([letter?.handler, letter?.attempts.length], ["totals", 4]);
    breakIt(false);
    if (letter) await t.redrive(letter);
    assert.deepEqual([store.get("total:o1"), store.get("count:o1")], [14, 2]);
    assert.deepEqual(await t.deadLetters(), []);
  });

  for (const manyPerSubject of [false, true]) {
    it(`a crash before or after COMMIT does nothing twice${manyPerSubject ? ", with many of a subject" : ""}`, async () => {
      const { service, store } = shop({ manyPerSubject });
      await using t = await testService(service);
      t.crashBeforeCommit();
      await t.when(OrderCreated, { order_id: "o1", total: 20 });
      t.crashAfterCommit();
      await t.when(OrderCompleted, { order_id: "o1", total: 20 });
      assert.equal(store.get("count:o1"), 2);
      assert.equal((await t.published(InvoiceCreated)).length, 1);
    });

    it(`any order with duplicates ends in one state${manyPerSubject ? ", with many of a subject" : ""}`, async () => {
      const { service, store } = shop({ manyPerSubject });
      await using t = await testService(service);
      await t.anyOrderWithDuplicates(
        [
          event(OrderCreated, { order_id: "o1", total: 20 }),
          event(OrderUpdated, { order_id: "o1", total: 25 }),
          event(OrderUpdated, { order_id: "o1", total: 30 }),
          event(OrderCompleted, { order_id: "o1", total: 30 }),
        ],
        { state: (order) => [store.get(`total:${order}`), store.get(`count:${order}`)] },
      );
    });
  }
});
