import { header, readTopic } from "../driver/log-reading.ts";
import { sampleOrder } from "../driver/order-load.ts";
import type { Check, CheckContext } from "./check.ts";
import { tryToPlaceOrder } from "./front-door-client.ts";

/** An order whose total is not in whole cents: publish refuses the event, and the order's row is not written either. */
export async function checkBadPublish({ shop, progress }: CheckContext): Promise<Check> {
  const orderId = "half-a-cent";
  const answer = await tryToPlaceOrder(shop, { ...sampleOrder(orderId, 1), total: 12.5 });
  const rows = (await shop.databases.all("orders", "SELECT order_id FROM orders WHERE order_id = ?", orderId)).length;
  const events = (await readTopic(shop.log, "order")).filter((record) => header(record, "ce_subject") === orderId).length;
  const pointers = (answer.body.problems ?? []).map(({ pointer }) => pointer);
  progress(`an event that breaks its contract was refused: ${JSON.stringify(answer.body.problems)}`);
  return {
    name: "bad-publish",
    expected: { status: 422, pointers: ["/total"], rows: 0, events: 0 },
    actual: { status: answer.status, pointers, problems: answer.body.problems ?? [], rows, events },
    ok: answer.status === 422 && pointers.join() === "/total" && rows === 0 && events === 0,
  };
}
