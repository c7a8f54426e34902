/** A service that notes each order it handles. Arguments: the log, the store, its name, the order it keeps. */
import { openSqliteLog, sqlite } from "@throughline/sqlite";
import { createService, runUntilSignal } from "throughline";
import { OrderPlaced } from "./contract.ts";

const [events = "", file = "", name = "", order = "sequential"] = process.argv.slice(2);
const service = createService({
  name,
  from: "earliest",
  eventLog: () => openSqliteLog({ path: events, maxRecordBytes: 65_536 }),
  store: sqlite({
    file,
    tables:
      "CREATE TABLE IF NOT EXISTS handled (place INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, order_id TEXT NOT NULL, n INTEGER NOT NULL)",
  }),
});
service.on(
  OrderPlaced,
  "note",
  async ({ id, data }, { tx }) => {
    tx.run("INSERT INTO handled (event_id, order_id, n) VALUES (?, ?, ?)", id, data.order_id, data.n);
  },
  { order: order as "sequential" | "any" },
);
process.exitCode = await runUntilSignal(service);
