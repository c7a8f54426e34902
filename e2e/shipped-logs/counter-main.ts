/** Logs one line for each event, and ships it. Arguments: the log, the stores. */
import { setTimeout as delay } from "node:timers/promises";
import { createService, runUntilSignal } from "throughline";
import { openEventLog } from "../places/event-log.ts";
import { openSqlStore } from "../places/sql-store.ts";
import { OrderCounted } from "./contract.ts";

const [events = "", stores = ""] = process.argv.slice(2);
const service = createService({
  name: "counter",
  from: "earliest",
  eventLog: () => openEventLog(events),
  store: openSqlStore(stores, { service: "counter", tables: "CREATE TABLE IF NOT EXISTS counted (n INTEGER NOT NULL)" }),
  log: { ship: true },
});
service.on(OrderCounted, "count", async ({ data }, ctx) => {
  await ctx.tx.run("INSERT INTO counted VALUES (?)", data.n);
  ctx.log.info({ n: data.n }, "counted");
  // So that a kill meets it at work.
  await delay(2);
});
process.exitCode = await runUntilSignal(service);
