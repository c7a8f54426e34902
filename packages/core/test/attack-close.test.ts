import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMemoryStore } from "../src/index.ts";
import { eventRecord, InvoiceCreated, memory, OrderUpdated, service, until } from "./harness.ts";

describe("attack: closing (R11)", () => {
  it("ends by its deadline though the log answers no append any more", async () => {
    const { log } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const store = createMemoryStore({ transactionLimitMs: 200 });
    const connection = log.connect();
    let hangs = false;
    const hanging = new Proxy(connection, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (name === "append" && hangs) return () => new Promise(() => undefined);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    let handled = 0;
    const reader = service("reader", hanging, store, {
      timings: { sessionTimeoutMs: 300, drainTimeoutMs: 300, closeTimeoutMs: 600 },
    });
    reader.on(OrderUpdated, "note", async ({ data }, ctx) => {
      handled++;
      await ctx.publish(InvoiceCreated, data);
    });
    const running = await reader.start();
    await until("joined", async () => (await running.health()).ready);
    hangs = true;
    await log.append([eventRecord(OrderUpdated, { order_id: "o", total: 1 }, 1)]);
    await until("handled", () => handled === 1);
    const closed = running.close().then(() => "closed");
    const late = new Promise<string>((resolve) => setTimeout(() => resolve("late"), 4_000));
    assert.equal(await Promise.race([closed, late]), "closed");
  });
});
