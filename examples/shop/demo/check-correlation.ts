import type { EventLog } from "throughline";
import { readReceipt, receiptsTopic, unpackDurations } from "throughline/system-topics";
import { readLogLines } from "../driver/log-lines.ts";
import { header, readTopic } from "../driver/log-reading.ts";
import { sampleOrder } from "../driver/order-load.ts";
import { until } from "../driver/until.ts";
import { services } from "../services.ts";
import type { Check, CheckContext } from "./check.ts";
import { changeOrder, completeOrder, placeOrder, requestReturn } from "./front-door-client.ts";

const topics = ["order", "payment", "invoice", "receipt", "stock", "shipment", "points", "fraud", "return"];

/** One order is placed, changed, completed and returned under one correlation id: all twelve services took part, and each says so. */
export async function checkCorrelation({ shop, progress }: CheckContext): Promise<Check> {
  const correlationId = `story-${crypto.randomUUID()}`;
  const headers = { "x-correlation-id": correlationId };
  const order = sampleOrder("story-order", 3);
  await placeOrder(shop, order, headers);
  await changeOrder(shop, order.order_id, { lines: order.lines.slice(0, 1), total: 4_200 }, headers);
  await completeOrder(shop, order.order_id, headers);
  await until("the story's order may be returned", () =>
    requestReturn(
      shop,
      { return_id: "story-return", order_id: order.order_id, tenant_id: order.tenant_id, reason: "wrong colour" },
      headers,
    ).then(() => true),
  );

  const inLogs = (): string[] =>
    services.filter((name) => readLogLines(shop.logFile(name)).some((line) => line.correlationId === correlationId));
  const inReceipts = async (): Promise<string[]> => [...(await servicesWithReceipts(shop.log, correlationId))].toSorted();
  const everybody = services.toSorted();
  await until(
    "receipts and log lines of all services are there",
    async () => inLogs().length === services.length && (await inReceipts()).length === services.length,
  ).catch(() => {});

  const [logged, receipted] = [inLogs().toSorted(), await inReceipts()];
  progress(`correlation id ${correlationId}: log lines from ${logged.length} services, receipts from ${receipted.length}`);
  return {
    name: "correlation",
    expected: { logLinesFrom: everybody, receiptsFrom: everybody },
    actual: { correlationId, logLinesFrom: logged, receiptsFrom: receipted },
    ok: logged.join() === everybody.join() && receipted.join() === everybody.join(),
  };
}

/** The services that say in a receipt that they applied an event of this story. */
async function servicesWithReceipts(log: EventLog, correlationId: string): Promise<Set<string>> {
  const story = new Set<string>();
  for (const topic of topics) {
    for (const record of await readTopic(log, topic)) {
      if (header(record, "ce_correlationid") === correlationId) story.add(`${topic}/${record.partition}/${record.offset}`);
    }
  }
  const found = new Set<string>();
  for (const { value } of await readTopic(log, receiptsTopic)) {
    const receipt = readReceipt(value);
    if (receipt === null) continue;
    const place = `${receipt.topic}/${receipt.partition}`;
    const applied =
      receipt.kind === "range"
        ? unpackDurations(receipt.applied).some((duration, i) => duration !== null && story.has(`${place}/${receipt.from + i}`))
        : receipt.outcome === "applied" && story.has(`${place}/${receipt.offset}`);
    if (applied) found.add(receipt.service);
  }
  return found;
}
