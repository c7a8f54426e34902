import { deadLetterTopic, readDeadLetter, type DeadLetter } from "throughline/system-topics";
import { readTopic } from "../driver/log-reading.ts";
import { isInOrder, movementsByOrder } from "../driver/order-effects.ts";
import { until } from "../driver/until.ts";
import type { Check, CheckContext } from "./check.ts";
import { changeOrder, completeOrder, placeOrder } from "./front-door-client.ts";
import { buggyReleaseOrders, hasGiftCard } from "./gift-orders.ts";

const retries = 3;

/** A release of inventory fails on gift cards, and somebody writes garbage to the log: only those events stop. */
export async function checkDeadLetter({ shop, progress }: CheckContext): Promise<Check> {
  progress("deploying inventory 1.1.0, which has a bug: it fails on gift cards");
  await shop.process("inventory")?.stop();
  await shop.start("inventory", { env: { SHOP_BUG: "gift-cards", SHOP_VERSION: "1.1.0" } });

  await shop.log.append([
    { topic: "order", key: Buffer.from("garbage"), value: Buffer.from([0xff, 0xfe, 0x00, 0x7b]), headers: garbageHeaders },
  ]);
  for (const order of buggyReleaseOrders) {
    await placeOrder(shop, order);
    await changeOrder(shop, order.order_id, order);
    await completeOrder(shop, order.order_id);
  }
  const withGiftCard = buggyReleaseOrders.filter(hasGiftCard).map(({ order_id }) => order_id);
  const others = buggyReleaseOrders.filter((order) => !hasGiftCard(order)).map(({ order_id }) => order_id);

  const letters = await until("the failing events are dead letters, and the other orders' stock has moved", async () => {
    const found = await readLetters();
    const movements = await movementsByOrder(shop.databases);
    return found.length >= withGiftCard.length + 1 && others.every((orderId) => isInOrder(movements.get(orderId))) && found;
  }).catch(readLetters);
  async function readLetters(): Promise<{ subject: string; letter: DeadLetter }[]> {
    return (await readTopic(shop.log, deadLetterTopic("inventory")))
      .map((record) => ({ subject: Buffer.from(record.key ?? []).toString(), letter: readDeadLetter(record)?.letter }))
      .flatMap(({ subject, letter }) => (letter ? [{ subject, letter }] : []));
  }

  const movements = await movementsByOrder(shop.databases);
  const failed = letters.filter(({ letter }) => letter.reason === "failed");
  const garbage = letters.filter(({ letter }) => letter.reason === "undecodable");
  const actual = {
    deadLetters: failed.length,
    retriesOfEach: [...new Set(failed.map(({ letter }) => letter.attempts.length - 1))],
    undecodable: garbage.length,
    retriesOfUndecodable: Math.max(0, ...garbage.map(({ letter }) => letter.attempts.length - 1)),
    otherOrdersAffected: others.filter((orderId) => !isInOrder(movements.get(orderId))).length,
    laterEventsThatDidNotWait: withGiftCard.filter((orderId) => movements.has(orderId)).length,
    example: failed[0] ? { order: failed[0].subject, error: failed[0].letter.error.message } : null,
  };
  progress(
    `${failed.length} events failed ${retries + 1} times and are dead letters, ${garbage.length} undecodable at once; later events of those orders wait`,
  );
  const subjects = new Set(failed.map(({ subject }) => subject));
  return {
    name: "dead-letter",
    expected: {
      deadLetters: withGiftCard.length,
      retriesOfEach: [retries],
      undecodable: 1,
      retriesOfUndecodable: 0,
      otherOrdersAffected: 0,
      laterEventsThatDidNotWait: 0,
    },
    actual,
    ok:
      failed.length === withGiftCard.length &&
      withGiftCard.every((orderId) => subjects.has(orderId)) &&
      actual.retriesOfEach.join() === String(retries) &&
      garbage.length === 1 &&
      actual.retriesOfUndecodable === 0 &&
      actual.otherOrdersAffected === 0 &&
      actual.laterEventsThatDidNotWait === 0,
  };
}

/** They say that the bytes are an order.created in JSON, which they are not. */
const garbageHeaders = Object.entries({
  "content-type": "application/json",
  ce_specversion: "1.0",
  ce_id: "garbage-1",
  ce_source: "somebody",
  ce_type: "order.created",
  ce_subject: "garbage",
}).map(([name, value]) => [name, Buffer.from(value)] as const);
