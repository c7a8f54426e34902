// Writes an invoice for each order.
import { openKafkaLog } from "@throughline/kafka";
import { sqlite } from "@throughline/sqlite";
import { createService, runUntilSignal } from "throughline";
import { OrderPlaced } from "./contracts.ts";

const billing = createService({
  name: "billing",
  from: "earliest",
  eventLog: () => openKafkaLog(process.env.THROUGHLINE_EVENTS ?? ""),
  store: sqlite({
    file: process.env.THROUGHLINE_STORE ?? "",
    tables: "CREATE TABLE IF NOT EXISTS invoices (order_id TEXT NOT NULL)",
  }),
});
billing.on(OrderPlaced, "create-invoice", ({ data }, ctx) => {
  ctx.tx.run("INSERT INTO invoices (order_id) VALUES (?)", data.order_id);
});

process.exitCode = await runUntilSignal(billing);
