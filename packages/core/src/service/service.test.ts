import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as z from "zod";
import { createMemoryLog, createMemoryStore, createService, defineEvent, type MemoryTx, type Service } from "../index.ts";

const OrderCreated = defineEvent("order.created", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int() }),
});
const OrderCompleted = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int() }),
});
const InvoiceCreated = defineEvent("invoice.created", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int() }),
});

async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const endsAt = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error(`it did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function shop(options: { retryDelaysMs?: number[] } = {}) {
  const log = createMemoryLog({ defaultPartitions: 3 });
  const ordersStore = createMemoryStore({ name: "orders" });
  const billingStore = createMemoryStore({ name: "billing" });
  const common = {
    eventLog: log,
    from: "earliest",
    log: { silent: true },
    retryDelaysMs: options.retryDelaysMs ?? [5, 10, 20],
  } as const;
  const orders: Service<MemoryTx> = createService({
    ...common,
    name: "orders",
    store: ordersStore,
    publishes: [OrderCreated, OrderCompleted],
  });
  const billing: Service<MemoryTx> = createService({
    ...common,
    name: "billing",
    store: billingStore,
    publishes: [InvoiceCreated],
  });
  return { log, orders, billing, ordersStore, billingStore };
}

describe("a service", () => {
  it("carries an event from publish to its committed effect, and what the handler publishes", async () => {
    const { orders, billing, billingStore, ordersStore, log } = shop();
    const invoiced: string[] = [];
    billing.on(OrderCompleted, "create-invoice", async ({ data }, ctx) => {
      await ctx.tx.put(`invoice:${data.order_id}`, data.total);
      await ctx.publish(InvoiceCreated, data);
    });
    orders.on(InvoiceCreated, "note-invoice", ({ data }) => void invoiced.push(data.order_id));
    await using _orders = await orders.start();
    await using _billing = await billing.start();
    await ordersStore.transaction(async (tx) => {
      await orders.publish(OrderCreated, { order_id: "o1", total: 5 }, { tx });
      await orders.publish(OrderCompleted, { order_id: "o1", total: 5 }, { tx });
    });
    await until("the invoice came back", () => invoiced.length === 1);
    assert.deepEqual(billingStore.entries("invoice:"), [["invoice:o1", 5]]);
    assert.equal(
      (await log.topics()).some(({ name }) => name === "order"),
      true,
    );
  });

  it("retries a failing event, lets other subjects go on, and makes it a dead letter", async () => {
    const { orders, billing, billingStore, log } = shop();
    let attempts = 0;
    billing.on([OrderCreated, OrderCompleted], "bill", async ({ data, type }, ctx) => {
      if (data.order_id === "bad" && type === "order.created") {
        attempts++;
        throw new Error("no such customer");
      }
      await ctx.tx.put(`${type}:${data.order_id}`, data.total);
    });
    await using _orders = await orders.start();
    await using _billing = await billing.start();
    for (const order_id of ["good", "bad", "fine"]) {
      await orders.publish(OrderCreated, { order_id, total: 1 }, { tx: "none" });
      await orders.publish(OrderCompleted, { order_id, total: 1 }, { tx: "none" });
    }
    // One more where the first was made among others, and again by itself.
    await until("four attempts", () => attempts >= 4);
    await until("a dead letter", async () => (await log.offsets("billing.dlt")).some(({ end }) => end > 0));
    assert.deepEqual(
      billingStore.entries("order.").map(([key]) => key),
      ["order.completed:fine", "order.completed:good", "order.created:fine", "order.created:good"],
    );
  });
});
