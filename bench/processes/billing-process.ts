// An instance of a service in a process of its own, as it would be deployed; started by the rows takeover and memory.
//   billing-process.ts <name> <topic> <kafka url> <postgres url>
import { openKafkaLog } from "@throughline/kafka";
import { postgres } from "@throughline/postgres";
import { createService } from "throughline";
import { insertInvoice } from "../invoice-statements.ts";
import { ordersContract } from "../kafka-orders.ts";

const [name, topic, kafkaUrl, postgresUrl] = process.argv.slice(2) as [string, string, string, string];

const billing = createService({
  name,
  from: "earliest",
  eventLog: () => openKafkaLog(kafkaUrl),
  store: postgres(postgresUrl),
  log: { silent: true },
});
let handled: Record<string, number> = {};
let count = 0;
billing.on(ordersContract(topic), "create-invoice", async ({ data }, { tx }) => {
  await tx.query(insertInvoice(data));
  handled[data.order_id] ??= Date.now();
  count += 1;
});
const running = await billing.start();
const report = (): void => {
  const subjects = handled;
  handled = {};
  process.send?.({ count, subjects, rssMb: process.memoryUsage.rss() / 2 ** 20 } satisfies BillingReport);
};
const reporting = setInterval(report, 100);
process.once("disconnect", () => process.exit(0));
process.once("message", () => {
  clearInterval(reporting);
  void running.close().then(() => process.exit(0));
});

/** What an instance tells every tenth of a second. */
export interface BillingReport {
  /** How many events its handler was given so far. */
  readonly count: number;
  /** Since the last report: when the first event of each subject was handled, in milliseconds since 1970. */
  readonly subjects: Readonly<Record<string, number>>;
  readonly rssMb: number;
}
