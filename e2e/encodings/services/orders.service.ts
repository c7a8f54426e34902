import { createMemoryLog, createService } from "throughline";
import { OrderCompleted, OrderShipped } from "../contracts.ts";

// For `throughline contracts push`, which asks what it publishes.
const orders = createService({ name: "orders", eventLog: createMemoryLog(), publishes: [OrderCompleted, OrderShipped] });
await orders.start();
