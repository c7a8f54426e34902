import type { NewRecord } from "throughline";
import { header, readTopic } from "../driver/log-reading.ts";
import { isInOrder, movementsByOrder, wrongEffects } from "../driver/order-effects.ts";
import { sampleOrder } from "../driver/order-load.ts";
import { untilHandled } from "../driver/until-handled.ts";
import { until } from "../driver/until.ts";
import { services } from "../services.ts";
import { arrangements } from "./arrangements.ts";
import type { Check, CheckContext } from "./check.ts";
import { changeOrder, completeOrder, placeOrder } from "./front-door-client.ts";

const readers = [
  "payments",
  "billing",
  "notifications",
  "analytics",
  "inventory",
  "fraud",
  "search",
  "returns",
  "recommendations",
];

/**
 * The created, updated and completed of an order, each delivered twice, in all 90 orders that there are. The events are those
 * of an order that really went through the shop, under another order id.
 */
export async function checkOutOfOrder({ shop, progress }: CheckContext): Promise<Check> {
  const template = sampleOrder("template-order", 4);
  await placeOrder(shop, template);
  await changeOrder(shop, template.order_id, { lines: template.lines.slice(0, 1), total: 999 });
  await completeOrder(shop, template.order_id);
  const events = await until("the template order's three events are on the log", async () => {
    const records = (await readTopic(shop.log, "order")).filter((record) => header(record, "ce_subject") === template.order_id);
    return records.length === 3 && records;
  });

  const before = services.map((name) => shop.process(name));
  const crafted: NewRecord[] = [];
  const orderIds = arrangements([0, 0, 1, 1, 2, 2]).map((arrangement, n) => {
    const orderId = `shuffled-${n}`;
    const eventIds = events.map(() => crypto.randomUUID());
    for (const which of arrangement) {
      const event = events[which];
      const eventId = eventIds[which];
      if (event && eventId) crafted.push(underOtherId(event, template.order_id, orderId, eventId));
    }
    return orderId;
  });
  const results = await shop.log.append(crafted);
  progress(`appended ${crafted.length} events of ${orderIds.length} orders in every possible order, each twice`);

  await untilHandled(shop.log, readers, results);
  await until("parked events have drained", async () => (await wrongEffects(shop.databases, orderIds)).length === 0).catch(
    () => {},
  );
  const wrong = await wrongEffects(shop.databases, orderIds);
  const states = await until("search has indexed them", async () => {
    const found = await shop.databases.all("search", "SELECT status, body FROM documents WHERE order_id LIKE 'shuffled-%'");
    return found.length === orderIds.length && found.every(({ status }) => status === "completed") && found;
  }).catch(() => shop.databases.all("search", "SELECT status, body FROM documents WHERE order_id LIKE 'shuffled-%'"));
  const movements = await until("inventory has moved their goods", async () => {
    const found = await movementsByOrder(shop.databases);
    return orderIds.every((orderId) => isInOrder(found.get(orderId))) && found;
  }).catch(() => movementsByOrder(shop.databases));
  const finalStates = new Set([
    ...states.map((row) => JSON.stringify(row)),
    ...orderIds.map((orderId) => movements.get(orderId)?.join(" ")),
  ]);
  const crashes = services.filter((name, i) => before[i]?.hasCrashed() || shop.process(name)?.hasCrashed());
  progress(
    `${orderIds.length} shuffled orders ended in ${finalStates.size === 2 ? "the same state" : `${finalStates.size} different states`}`,
  );

  return {
    name: "out-of-order",
    expected: { permutations: 90, searchAndStockStates: 2, wrongEffects: 0, crashes: [] },
    actual: { permutations: orderIds.length, searchAndStockStates: finalStates.size, wrongEffects: wrong.length, crashes },
    ok:
      states.length === orderIds.length &&
      finalStates.size === 2 &&
      orderIds.every((id) => isInOrder(movements.get(id))) &&
      wrong.length === 0 &&
      crashes.length === 0,
  };
}

/** The same event as if it belonged to another order: only ids differ, the sequence stays. */
function underOtherId({ topic, value, headers }: NewRecord, from: string, to: string, eventId: string): NewRecord {
  const data = JSON.stringify({ ...(JSON.parse(Buffer.from(value ?? []).toString()) as object), order_id: to });
  return {
    topic,
    key: Buffer.from(to),
    value: Buffer.from(data),
    headers: headers.map(([name, bytes]) => {
      if (name === "ce_id") return [name, Buffer.from(eventId)];
      if (name === "ce_subject" && Buffer.from(bytes ?? []).toString() === from) return [name, Buffer.from(to)];
      return [name, bytes];
    }),
  };
}
