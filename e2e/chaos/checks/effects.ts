import type { Databases } from "../../places/databases.ts";
import { type Check, check } from "./check.ts";

/** What an order leaves behind, once each. None of these tables has a unique key that would hide a second one. */
export const effects = [
  { effect: "payment", service: "payments", table: "payments" },
  { effect: "completion", service: "orders", table: "completions" },
  { effect: "invoice", service: "billing", table: "invoices" },
  { effect: "email", service: "notifications", table: "emails" },
  { effect: "metric", service: "analytics", table: "metrics" },
] as const;
/** The same for each flagged order. */
const ofFlagged = { effect: "call", service: "notifications", table: "calls" } as const;

/** Every order has every effect, once. */
export async function checkEffects(databases: Databases): Promise<Check[]> {
  return Promise.all(
    [...effects, ofFlagged].map(async ({ effect, service, table }) => {
      const [which, wanted] = table === "calls" ? ["flagged order", "WHERE is_flagged = 1"] : ["order", "WHERE true"];
      const doubled = await databases.all(
        service,
        `SELECT order_id, count(*) AS n FROM ${table} GROUP BY order_id HAVING count(*) > 1 LIMIT 10`,
      );
      const missing = await databases.all(
        service,
        `SELECT order_id FROM orders.orders ${wanted} AND order_id NOT IN (SELECT order_id FROM ${table}) LIMIT 10`,
      );
      const unknown = await databases.all(
        service,
        `SELECT order_id FROM ${table} WHERE order_id NOT IN (SELECT order_id FROM orders.orders ${wanted}) LIMIT 10`,
      );
      const wrong = [
        ...doubled.map(({ order_id, n }) => `${order_id} has ${n}`),
        ...missing.map(({ order_id }) => `${order_id} has none`),
        ...unknown.map(({ order_id }) => `${order_id} was never placed`),
      ];
      return check(
        `one ${effect} for each ${which}`,
        wrong,
        `${await databases.number(service, `SELECT count(*) FROM ${table}`)}`,
      );
    }),
  );
}

/** What inventory was told of each order came in order. */
export async function checkMovements(databases: Databases): Promise<Check> {
  const wrong = await databases.all(
    "inventory",
    `SELECT order_id, kinds FROM orders.orders LEFT JOIN
       (SELECT order_id, string_agg(kind, ' ' ORDER BY row) AS kinds FROM movements GROUP BY order_id) AS found USING (order_id)
     WHERE kinds IS DISTINCT FROM 'reserved taken' LIMIT 10`,
  );
  return check(
    "each order's events in order, in the database",
    wrong.map(({ order_id, kinds }) => `${order_id}: ${kinds ?? "nothing"}`),
    `${await databases.number("inventory", "SELECT count(*) FROM movements")} movements`,
  );
}

/** Everything that was handled is reported, and the stores know it: their marks follow within seconds. */
export async function checkAllReported(databases: Databases, services: readonly string[]): Promise<Check> {
  const wrong: string[] = [];
  for (const service of services) {
    const behind = await databases.number(
      service,
      `SELECT count(*) FROM throughline_cursors AS c JOIN throughline_handlers AS h ON h.id = c.handler_id
       WHERE c.epoch = h.live_epoch AND c.reported_offset < c.next_offset
         AND c.topic NOT LIKE 'throughline.%' AND c.topic NOT LIKE '%.redrive'`,
    );
    if (behind > 0) wrong.push(`${service} has ${behind} cursors that are not reported`);
  }
  return check("the stores know that all is reported", wrong, `${services.length} stores`);
}

/** Nothing is left that a service still has to do. */
export async function checkNothingLeft(databases: Databases, services: readonly string[]): Promise<Check> {
  const wrong: string[] = [];
  for (const service of services)
    for (const table of ["parked", "outbox"]) {
      const left = await databases.number(service, `SELECT count(*) FROM throughline_${table}`);
      if (left > 0) wrong.push(`${service} has ${left} rows in ${table}`);
    }
  return check("nothing parked, dead or unsent is left", wrong, `${services.length} stores`);
}
