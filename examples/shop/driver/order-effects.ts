import { type ServiceName, services as allServices } from "../services.ts";
import type { ServiceDatabases } from "./service-databases.ts";

/** What a completed order leaves behind, once each. None of these tables has a unique key that would hide a second one. */
const effects = [
  { effect: "payment", service: "payments", table: "payments" },
  { effect: "invoice", service: "billing", table: "invoices" },
  { effect: "email", service: "notifications", table: "mails" },
  { effect: "metric", service: "analytics", table: "sales" },
  { effect: "points", service: "loyalty", table: "points" },
  { effect: "fraud score", service: "fraud", table: "scores" },
] as const;

export interface WrongEffect {
  readonly orderId: string;
  readonly effect: (typeof effects)[number]["effect"];
  readonly count: number;
}

/** Every effect of these orders that is missing (0) or doubled (2 or more), in the services that run: by default all. */
export async function wrongEffects(
  databases: ServiceDatabases,
  orderIds: readonly string[],
  services: readonly ServiceName[] = allServices,
): Promise<WrongEffect[]> {
  const expected = effects.filter(({ service }) => services.includes(service));
  const wrong = expected.map(async ({ effect, service, table }) => {
    const counts = await databases.countByOrder(service, table);
    return orderIds.map((orderId) => ({ orderId, effect, count: counts.get(orderId) ?? 0 })).filter(({ count }) => count !== 1);
  });
  return (await Promise.all(wrong)).flat();
}

/** What inventory's ledger says happened to an order's goods, first to last. */
export async function movementsByOrder(databases: ServiceDatabases): Promise<Map<string, string[]>> {
  const movements = new Map<string, string[]>();
  for (const { order_id, kind } of await databases.all("inventory", "SELECT order_id, kind FROM movements ORDER BY movement")) {
    const kinds = movements.get(String(order_id)) ?? [];
    movements.set(String(order_id), [...kinds, String(kind)]);
  }
  return movements;
}

/** Placed, perhaps changed, completed: in this order, and nothing twice. */
export const isInOrder = (movements: readonly string[] = []): boolean => /^reserved( adjusted)* taken$/.test(movements.join(" "));
