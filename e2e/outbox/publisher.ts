/**
 * The orders service. Publishes without end, an event and a row of its own in each transaction, and carries its outbox to the log.
 * Arguments: the log, the store, its instance, then "publish" or "relay" for only one of the two, or "both"; milliseconds between
 * two transactions.
 */
import { setTimeout as pause } from "node:timers/promises";
import { openSqliteLog, sqlite } from "@throughline/sqlite";
import { createService, runUntilSignal } from "throughline";
import { OrderPlaced, placedTable } from "./contract.ts";

const [events = "", file = "", instance = "", does = "both", everyMs = "2"] = process.argv.slice(2);
const store = sqlite({ file, tables: placedTable, transactionLimitMs: 8_000 });
const orders = createService({
  name: "orders",
  instance,
  // Small, so that a record that anybody inserts into the outbox can be too large for it.
  eventLog: () => openSqliteLog({ path: events, maxRecordBytes: 65_536 }),
  store,
  publishes: [OrderPlaced],
});

let isStopping = false;
async function publishAll(): Promise<void> {
  for (let n = 1; !isStopping; n++) {
    const order_id = `o-${Math.floor(Math.random() * 20)}`;
    const placed = await store.transaction(async (tx) => {
      const id = await orders.publish(OrderPlaced, { order_id, n }, { tx });
      // Others could come in between, if they did not wait for this transaction.
      await new Promise((resolve) => setImmediate(resolve));
      tx.run("INSERT INTO placed (event_id, order_id, n) VALUES (?, ?, ?)", id, order_id, n);
      return id;
    });
    process.stdout.write(`placed ${placed}\n`);
    await pause(Number(everyMs));
  }
}

if (does === "publish") {
  process.once("SIGTERM", () => (isStopping = true));
  // Opens the store, as an application that only publishes does.
  await orders.publish(OrderPlaced, { order_id: `first-of-${instance}`, n: 0 }, { tx: "none" });
  await publishAll();
} else {
  let publishing = Promise.resolve();
  process.exitCode = await runUntilSignal(orders, {
    onStart: () => void (publishing = does === "both" ? publishAll() : publishing),
    onClose: async () => {
      isStopping = true;
      await publishing;
    },
  });
}
