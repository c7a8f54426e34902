import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openSqliteLog, sqlite } from "@throughline/sqlite";
import { createService, defineEvent } from "throughline";
import * as z from "zod";

const order = z.object({ order_id: z.string(), total: z.int() });
const OrderCompleted = defineEvent("order.completed", { version: 1, subject: "order_id", data: order });
const InvoiceCreated = defineEvent("invoice.created", { version: 1, subject: "order_id", data: order });

async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const endsAt = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error(`it did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

describe("services on the embedded log and store", () => {
  it("carry orders to invoices and back, each once and in order", async () => {
    const folder = await mkdtemp(join(tmpdir(), "throughline-"));
    const eventLog = () => openSqliteLog(join(folder, "events.db"));
    const ordersStore = sqlite({
      file: join(folder, "orders.db"),
      tables: "CREATE TABLE IF NOT EXISTS invoiced (order_id TEXT PRIMARY KEY)",
    });
    const billingStore = sqlite({
      file: join(folder, "billing.db"),
      tables: "CREATE TABLE IF NOT EXISTS invoices (order_id TEXT PRIMARY KEY, total INTEGER)",
    });
    const orders = createService({
      name: "orders",
      eventLog,
      store: ordersStore,
      from: "earliest",
      publishes: [OrderCompleted],
      log: { silent: true },
    });
    const billing = createService({
      name: "billing",
      eventLog,
      store: billingStore,
      from: "earliest",
      publishes: [InvoiceCreated],
      log: { silent: true },
    });
    billing.on(OrderCompleted, "create-invoice", async ({ data }, ctx) => {
      ctx.tx.run("INSERT INTO invoices (order_id, total) VALUES (?, ?)", data.order_id, data.total);
      await ctx.publish(InvoiceCreated, data);
    });
    orders.on(
      InvoiceCreated,
      "note-invoice",
      ({ data }, ctx) => void ctx.tx.run("INSERT INTO invoiced (order_id) VALUES (?)", data.order_id),
    );
    {
      await using _orders = await orders.start();
      await using _billing = await billing.start();
      const count = 500;
      for (let n = 0; n < count; n++) {
        await ordersStore.transaction(async (tx) => orders.publish(OrderCompleted, { order_id: `o${n}`, total: n }, { tx }));
      }
      const invoiced = async () => (await ordersStore.all("SELECT count(*) AS n FROM invoiced"))[0]?.["n"];
      await until("all invoices came back", async () => (await invoiced()) === count);
      assert.equal((await billingStore.all("SELECT count(*) AS n FROM invoices"))[0]?.["n"], count);
    }
    await rm(folder, { recursive: true });
  });
});
