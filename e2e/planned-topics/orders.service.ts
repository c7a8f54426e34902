// Publishes ten orders.
import { openKafkaLog } from "@throughline/kafka";
import { sqlite } from "@throughline/sqlite";
import { createService, runUntilSignal } from "throughline";
import { OrderPlaced } from "./contracts.ts";

const orders = createService({
  name: "orders",
  eventLog: () => openKafkaLog(process.env.THROUGHLINE_EVENTS ?? ""),
  store: sqlite({ file: process.env.THROUGHLINE_STORE ?? "" }),
  publishes: [OrderPlaced],
});

process.exitCode = await runUntilSignal(orders, {
  async onStart() {
    for (let n = 0; n < 10; n++) await orders.publish(OrderPlaced, { order_id: `order-${n}` }, { tx: "none" });
  },
});
