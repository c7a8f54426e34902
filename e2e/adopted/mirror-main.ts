/** Mirrors what others write to a topic of theirs. Arguments: the log, the stores. */
import { setTimeout as delay } from "node:timers/promises";
import { openKafkaLog } from "@throughline/kafka";
import { createService, runUntilSignal } from "throughline";
import { openSqlStore } from "../places/sql-store.ts";
import { LegacyOrder, LegacyPayment, OrderMirrored } from "./contracts.ts";

const [events = "", stores = ""] = process.argv.slice(2);
const service = createService({
  name: "mirror",
  instance: "mirror-0",
  from: "earliest",
  eventLog: () => openKafkaLog({ url: events, topicPollMs: 200 }),
  store: openSqlStore(stores, {
    service: "mirror",
    tables: `CREATE TABLE IF NOT EXISTS changes (n INTEGER PRIMARY KEY, id TEXT NOT NULL, order_id TEXT NOT NULL, what TEXT NOT NULL, occurred TEXT NOT NULL)`,
  }),
  publishes: [OrderMirrored],
});
service.on([LegacyOrder, LegacyPayment], "mirror-order", async (event, ctx) => {
  const { id, data, time } = event;
  const what = event.type === "legacy.order-paid" ? String(event.data.cents) : event.data.state;
  await ctx.tx.run("INSERT INTO changes (id, order_id, what, occurred) VALUES (?, ?, ?, ?)", id, data.order_id, what, time);
  await ctx.publish(OrderMirrored, { order_id: data.order_id, change: id });
  // So that a kill meets it at work.
  await delay(20);
});
process.exitCode = await runUntilSignal(service);
