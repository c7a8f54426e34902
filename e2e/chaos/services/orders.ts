// Places orders by itself, many in a transaction, and completes each when it was paid.
//   CHAOS_ORDERS   how many this instance places for now; a message { upTo } says how many from then on. Where it stands is in the store.
import { setTimeout as wait } from "node:timers/promises";
import { createService, isThroughlineError, runUntilSignal } from "throughline";
import { chaosService } from "./chaos-service.ts";
import { OrderCompleted, OrderFlagged, OrderPlaced, PaymentTaken } from "./contracts.ts";

const ordersInOne = 50;

const options = chaosService(
  "orders",
  `CREATE TABLE IF NOT EXISTS placed (instance TEXT PRIMARY KEY, orders INTEGER NOT NULL);
   CREATE TABLE IF NOT EXISTS orders (row INTEGER PRIMARY KEY, order_id TEXT NOT NULL, is_flagged INTEGER NOT NULL);
   CREATE TABLE IF NOT EXISTS completions (row INTEGER PRIMARY KEY, order_id TEXT NOT NULL)`,
);
const { store } = options;
const orders = createService({ ...options, publishes: [OrderPlaced, OrderFlagged, OrderCompleted] });

orders.on(PaymentTaken, "complete-order", async ({ data }, ctx) => {
  await Promise.all([
    ctx.tx.run("INSERT INTO completions (order_id) VALUES (?)", data.order_id),
    ctx.publish(OrderCompleted, { ...data, flaw: "none" }),
  ]);
});

const instance = process.env.THROUGHLINE_INSTANCE ?? "orders";
let wanted = Number(process.env.CHAOS_ORDERS ?? 0);
let isClosing = false;
process.on("message", ({ upTo }: { upTo?: number }) => (wanted = upTo ?? wanted));

/**
 * The next orders of this instance; false when there are none for now. Its former life may still be committing: after a kill -9 the server
 * goes on with what it was sent. So where it stands is moved by compare-and-set.
 */
function next(): Promise<boolean> {
  return store.transaction(async (tx) => {
    await tx.run("INSERT INTO placed (instance, orders) VALUES (?, 0) ON CONFLICT (instance) DO NOTHING", instance);
    const row = await tx.get("SELECT orders FROM placed WHERE instance = ?", instance);
    const from = Number(row!.orders);
    const to = Math.min(wanted, from + ordersInOne);
    if (from >= to) return false;
    const moved = "UPDATE placed SET orders = ? WHERE instance = ? AND orders = ? RETURNING orders";
    if ((await tx.get(moved, to, instance, from)) === undefined) return false;
    const numbers = Array.from({ length: to - from }, (_, i) => from + i + 1);
    await Promise.all([
      tx.run(
        `INSERT INTO orders (order_id, is_flagged) VALUES ${numbers.map(() => "(?, ?)").join()}`,
        ...numbers.flatMap((n) => [idOf(n), Number(isFlagged(n))]),
      ),
      ...numbers.flatMap((n) => {
        const data = { order_id: idOf(n), total: 100 + (n % 900), flaw: flawOf(n) };
        const contracts = isFlagged(n) ? [OrderPlaced, OrderFlagged] : [OrderPlaced];
        return contracts.map((contract) => orders.publish(contract, data, { tx }));
      }),
    ]);
    return true;
  });
}

const idOf = (n: number): string => `${instance}-${n}`;
const isFlagged = (n: number): boolean => n % 20 === 1;
const flawOf = (n: number): "none" | "once" | "until-edited" => (n % 50 === 3 ? "once" : n % 250 === 7 ? "until-edited" : "none");

async function place(): Promise<void> {
  while (!isClosing) {
    const placed = await next().catch((error: unknown) => {
      // What it placed, or did not, is in the store.
      if (!isThroughlineError(error) || !error.retryable) throw error;
      return false;
    });
    await wait(placed ? 5 : 100);
  }
}

let placing = Promise.resolve();
process.exitCode = await runUntilSignal(orders, {
  onStart: () => {
    placing = place();
  },
  async onClose() {
    isClosing = true;
    await placing;
  },
});
