import { header, readTopic } from "../driver/log-reading.ts";
import { untilHandled } from "../driver/until-handled.ts";
import type { Check, CheckContext } from "./check.ts";

const duplicates = 1_000;

/** Events that stand in the log already are appended again: nobody is charged twice. */
export async function checkDuplicates({ shop, progress }: CheckContext): Promise<Check> {
  const completed = (await readTopic(shop.log, "order")).filter((record) => header(record, "ce_type") === "order.completed");
  const again = Array.from({ length: duplicates }, (_, i) => completed[i % completed.length]).filter(
    (record) => record !== undefined,
  );
  const results = await shop.log.append(
    again.map(({ topic, partition, key, value, headers }) => ({ topic, partition, key, value, headers })),
  );
  const appended = results.filter(({ ok }) => ok).length;
  progress(`appended ${appended} events a second time`);

  await untilHandled(shop.log, ["payments", "billing", "analytics", "notifications"], results);
  const paidTwice = await shop.databases.all(
    "payments",
    "SELECT order_id FROM payments WHERE amount > 0 GROUP BY order_id HAVING count(*) > 1",
  );
  const doubled = paidTwice.length;
  progress(`${appended} duplicates handled; ${doubled} orders paid twice`);
  return {
    name: "duplicates",
    expected: { injected: duplicates, doublePayments: 0 },
    actual: { injected: appended, doublePayments: doubled },
    ok: appended === duplicates && doubled === 0,
  };
}
