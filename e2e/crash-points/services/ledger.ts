// Keeps the steps of each order, and makes an invoice of the last one; sums closed orders up and tallies probes, which can be
// rebuilt; reads probes.
import { createService, PermanentError, runUntilSignal } from "throughline";
import { InvoiceMade, OrderChanged, OrderClosed, OrderPlaced, ProbeRead } from "./contracts.ts";
import { crashService } from "./crash-service.ts";

const ledger = createService({
  ...crashService(
    "ledger",
    `CREATE TABLE IF NOT EXISTS entries (entry INTEGER PRIMARY KEY, order_id TEXT NOT NULL, step INTEGER NOT NULL);
     CREATE TABLE IF NOT EXISTS sums (sum INTEGER PRIMARY KEY, order_id TEXT NOT NULL);
     CREATE TABLE IF NOT EXISTS tallies (tally INTEGER PRIMARY KEY, probe_id TEXT NOT NULL, reading INTEGER NOT NULL);
     CREATE TABLE IF NOT EXISTS readings (entry INTEGER PRIMARY KEY, probe_id TEXT NOT NULL, reading INTEGER NOT NULL)`,
  ),
  publishes: [InvoiceMade, ProbeRead],
});

ledger.on([OrderPlaced, OrderChanged, OrderClosed], "keep-entries", async ({ type, data }, ctx) => {
  await ctx.tx.run("INSERT INTO entries (order_id, step) VALUES (?, ?)", data.order_id, data.step);
  if (data.flaw === "once" && ctx.attempt === 1) throw new Error("the first attempt fails");
  if (data.flaw === "until-edited") throw new PermanentError("it fails until it is edited");
  if (type === "order.closed") await ctx.publish(InvoiceMade, { order_id: data.order_id });
});

ledger.on(
  OrderClosed,
  "sum-up",
  async ({ data }, ctx) => {
    await ctx.tx.run("INSERT INTO sums (order_id) VALUES (?)", data.order_id);
  },
  { onReset: async (tx) => void (await tx.run("DELETE FROM sums")) },
);

ledger.on(
  ProbeRead,
  "read-probe",
  async ({ data }, ctx) => {
    await ctx.tx.run("INSERT INTO readings (probe_id, reading) VALUES (?, ?)", data.probe_id, data.reading);
  },
  { gapDeadlineMs: 100 },
);

// A short history: a rebuild of it is over soon.
ledger.on(
  ProbeRead,
  "tally-probes",
  async ({ data }, ctx) => {
    await ctx.tx.run("INSERT INTO tallies (probe_id, reading) VALUES (?, ?)", data.probe_id, data.reading);
  },
  { order: "any", onReset: async (tx) => void (await tx.run("DELETE FROM tallies")) },
);

process.exitCode = await runUntilSignal(ledger);
