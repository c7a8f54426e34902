// Places orders by itself, three steps each, as fast as CRASH_LOAD says (steps a second), and notes their invoices.
import { setTimeout as wait } from "node:timers/promises";
import { createService, runUntilSignal } from "throughline";
import { InvoiceMade, OrderChanged, OrderClosed, OrderPlaced } from "./contracts.ts";
import { crashService } from "./crash-service.ts";

const openOrders = 8;
const contracts = [OrderPlaced, OrderChanged, OrderClosed] as const;

const options = crashService(
  "till",
  `CREATE TABLE IF NOT EXISTS steps (n INTEGER PRIMARY KEY, order_id TEXT NOT NULL, step INTEGER NOT NULL);
   CREATE INDEX IF NOT EXISTS steps_of_order ON steps (order_id);
   CREATE TABLE IF NOT EXISTS open_orders (order_id TEXT PRIMARY KEY, steps INTEGER NOT NULL);
   CREATE TABLE IF NOT EXISTS notes (note INTEGER PRIMARY KEY, order_id TEXT NOT NULL)`,
);
const { store } = options;
const till = createService({ ...options, publishes: contracts });

till.on(InvoiceMade, "note-invoice", async ({ data }, ctx) => {
  await ctx.tx.run("INSERT INTO notes (order_id) VALUES (?)", data.order_id);
});

/** The next step of one of the open orders, with its event, or of a new one. */
function next(): Promise<void> {
  return store.transaction(async (tx) => {
    const n = Number((await tx.get("SELECT coalesce(max(n), 0) + 1 AS n FROM steps"))?.n);
    const open = await tx.all<{ order_id: string; steps: number }>("SELECT order_id, steps FROM open_orders ORDER BY order_id");
    const chosen = open.length < openOrders ? undefined : open[n % open.length];
    const { order_id, steps } = chosen ?? { order_id: `order-${String(n).padStart(6, "0")}`, steps: 0 };
    const step = steps + 1;
    await tx.run("INSERT INTO steps (n, order_id, step) VALUES (?, ?, ?)", n, order_id, step);
    if (step === contracts.length) await tx.run("DELETE FROM open_orders WHERE order_id = ?", order_id);
    else if (step > 1) await tx.run("UPDATE open_orders SET steps = ? WHERE order_id = ?", step, order_id);
    else await tx.run("INSERT INTO open_orders (order_id, steps) VALUES (?, ?)", order_id, step);
    const flaw = step !== 2 ? "none" : n % 10 === 3 ? "once" : n % 40 === 7 ? "until-edited" : "none";
    await till.publish(contracts[step - 1] ?? OrderPlaced, { order_id, step, flaw }, { tx });
  });
}

const stepsPerSecond = Number(process.env.CRASH_LOAD ?? 0);
let isOpen = stepsPerSecond > 0;
let loading = Promise.resolve();

async function load(): Promise<void> {
  while (isOpen) {
    await next();
    await wait(1_000 / stepsPerSecond);
  }
}

process.exitCode = await runUntilSignal(till, {
  onStart: () => {
    loading = load();
  },
  async onClose() {
    isOpen = false;
    await loading;
  },
});
