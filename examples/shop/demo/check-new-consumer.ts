import { fileURLToPath } from "node:url";
import { header, readTopic } from "../driver/log-reading.ts";
import { readMailSink } from "../driver/mail-sink.ts";
import { until } from "../driver/until.ts";
import type { Check, CheckContext } from "./check.ts";

const main = fileURLToPath(new URL("new-service/main.ts", import.meta.url));

/** A thirteenth service starts while orders keep coming, and counts every order there ever was; nobody gets a mail again. */
export async function checkNewConsumer({ shop, load, progress }: CheckContext): Promise<Check> {
  progress("starting a thirteenth service, customer-value, from the beginning of history");
  await shop.start("customer-value", { main });
  await load.stop();

  // What orders itself knows, and what the out-of-order check wrote to the log beside it.
  const completedOrders = async (): Promise<number> => {
    const known = await shop.databases.all("orders", "SELECT order_id FROM orders WHERE status = 'completed'");
    const published = (await readTopic(shop.log, "order")).filter((record) => header(record, "ce_type") === "order.completed");
    return new Set([...known.map((row) => row.order_id), ...published.map((record) => header(record, "ce_subject"))]).size;
  };
  const counted = async (): Promise<number> => {
    const [row] = await shop.databases.all("customer-value", "SELECT coalesce(sum(orders), 0) AS orders FROM customers");
    return Number(row?.orders);
  };
  const mailed = async (): Promise<number> => (await shop.databases.countByOrder("notifications", "mails")).size;
  await until("the new service has counted all orders, and all mails are out", async () => {
    const orders = await completedOrders();
    return (await counted()) >= orders && (await mailed()) >= orders;
  }).catch(() => {});

  const orders = await completedOrders();
  const twice = (await shop.databases.all("mail-sink", "SELECT order_id FROM mails GROUP BY order_id HAVING count(*) > 1"))
    .length;
  const ordersCounted = await counted();
  const sink = await readMailSink(shop.mailSinkUrl);
  progress(
    `customer-value counted ${ordersCounted} orders of ${orders}; ${sink.mails} mails to ${orders} orders, ${twice} twice`,
  );
  return {
    name: "new-consumer",
    expected: { ordersCounted: orders, ordersMailedTwice: 0 },
    actual: { ordersCounted, ordersMailedTwice: twice, distinctMails: sink.mails, mailCalls: sink.calls },
    ok: orders > 0 && ordersCounted === orders && twice === 0 && sink.mails === orders,
  };
}
