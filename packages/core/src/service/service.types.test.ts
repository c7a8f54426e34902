import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { createMemoryLog, createMemoryStore, createService, defineEvent, type Event, type MemoryTx } from "../index.ts";

const OrderCompleted = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int() }),
});
const OrderCancelled = defineEvent("order.cancelled", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), why: z.string() }),
});

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T => true as T;

// Never called: it only has to compile, and each marked line not to.
function compiles(): void {
  const eventLog = createMemoryLog();
  const service = createService({ name: "s", eventLog, store: createMemoryStore() });

  service.on(OrderCompleted, "one", (event, ctx) => {
    holds<Same<typeof event, Event<{ order_id: string; total: number }, "order.completed">>>();
    holds<Same<typeof ctx.tx, MemoryTx>>();
    // @ts-expect-error the contract has no such property
    void event.data.totl;
    // @ts-expect-error a wrong type in what is published
    void ctx.publish(OrderCancelled, { order_id: "o", why: 7 });
  });
  service.on([OrderCompleted, OrderCancelled], "two", (event) => {
    if (event.type === "order.cancelled") holds<Same<typeof event.data, { order_id: string; why: string }>>();
  });
  service.on(OrderCompleted, "call", {
    call: async ({ data }, { idempotencyKey, signal }) => ({ mail: data.order_id, idempotencyKey, isAborted: signal.aborted }),
    commit: (result, { data }, ctx) => {
      holds<Same<typeof result, { mail: string; idempotencyKey: string; isAborted: boolean }>>();
      return ctx.tx.put(data.order_id, result.mail);
    },
  });

  service.onBatch(OrderCompleted, "batch", async (events, ctx) => {
    holds<Same<typeof events, readonly Event<{ order_id: string; total: number }, "order.completed">[]>>();
    holds<Same<typeof ctx.tx, MemoryTx>>();
    const [event] = events;
    if (event === undefined) return;
    await ctx.publish(OrderCancelled, { order_id: "o", why: "none" }, { cause: event });
    // @ts-expect-error a publish names its cause
    await ctx.publish(OrderCancelled, { order_id: "o", why: "none" });
    // @ts-expect-error with an event
    await ctx.publish(OrderCancelled, { order_id: "o", why: "none" }, { cause: event.id });
    ctx.logFor(event).info("done");
    // @ts-expect-error a call has no attempt of its own
    void ctx.attempt;
  });
  service.onBatch([OrderCompleted, OrderCancelled], "batches", (events) => {
    for (const event of events)
      if (event.type === "order.cancelled") holds<Same<typeof event.data, { order_id: string; why: string }>>();
  });
  service.onBatch(OrderCompleted, "many", () => undefined, { manyPerSubject: true, transaction: "own", order: "any" });
  // @ts-expect-error a set-based handler cannot overlap
  service.onBatch(OrderCompleted, "overlapping", () => undefined, { overlap: true });
  // @ts-expect-error one event at a time has no such option
  service.on(OrderCompleted, "single", () => undefined, { manyPerSubject: true });

  const data = { order_id: "o", total: 1 };
  void service.publish(OrderCompleted, data, { tx: "none" });
  // @ts-expect-error a missing tx
  void service.publish(OrderCompleted, data);
  // @ts-expect-error what is no transaction of this store
  void service.publish(OrderCompleted, data, { tx: 7 });
  // @ts-expect-error a wrong field
  void service.publish(OrderCompleted, { order_id: "o", total: "1" }, { tx: "none" });

  const direct = createService({ name: "d", eventLog });
  void direct.publish(OrderCompleted, data);
  // @ts-expect-error there is no store that a tx could belong to
  void direct.publish(OrderCompleted, data, { tx: "none" });
}

test("wrong publishes and handlers do not compile", () => assert.equal(typeof compiles, "function"));
