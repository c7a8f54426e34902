import { setTimeout as wait } from "node:timers/promises";
import { isErrorLine, readLogLines } from "../driver/log-lines.ts";
import { readProgress } from "../driver/log-reading.ts";
import { readMailSink } from "../driver/mail-sink.ts";
import { until } from "../driver/until.ts";
import { services } from "../services.ts";
import type { Check, CheckContext } from "./check.ts";

const outageMs = 10_000;
/** A service that keeps up is never further behind than two seconds' worth of events of this load. */
const undisturbedBehind = 100;

/** notifications is killed under load: nobody else notices, and every mail is sent once after its restart. */
export async function checkNotificationsDown({ shop, load, progress }: CheckContext): Promise<Check> {
  const others = services.filter((name) => name !== "notifications");
  const look = async () =>
    new Map(
      await Promise.all(
        others.map(async (name) => {
          const errors = readLogLines(shop.logFile(name)).filter(isErrorLine).length;
          return [name, { ...(await readProgress(shop.log, name)), errors, pid: shop.process(name)?.pid }] as const;
        }),
      ),
    );

  await until("orders flow", () => load.completed.length >= 5);
  const before = await look();
  const completedBefore = load.completed.length;
  const refusedBefore = load.refused.length;
  await shop.process("notifications")?.kill();
  progress(`killed notifications with kill -9; orders keep coming for ${outageMs / 1_000} s`);
  await wait(outageMs);

  const after = await look();
  const refused = load.refused.slice(refusedBefore);
  const disturbed = others.filter((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    const running = shop.process(name)?.isRunning() === true && was?.pid === is?.pid;
    return !running || !was || !is || is.handled <= was.handled || is.behind > undisturbedBehind || is.errors > was.errors;
  });
  const completedDuring = load.completed.slice(completedBefore);
  progress(`${completedDuring.length} orders completed without it, ${refused.length} refused; starting notifications again`);

  const mailed = await shop.databases.countByOrder("notifications", "mails");
  const waiting = load.completed.filter((orderId) => !mailed.has(orderId)).length;
  await shop.start("notifications");
  const orders = [...load.completed];
  const mails = await until("every order of the outage has its mail", async () => {
    const counts = await shop.databases.countByOrder("notifications", "mails");
    return orders.every((orderId) => counts.has(orderId)) && counts;
  }).catch(() => shop.databases.countByOrder("notifications", "mails"));
  const sent = await shop.databases.all(
    "mail-sink",
    "SELECT order_id, count(*) AS mails, sum(calls) AS calls FROM mails GROUP BY order_id",
  );
  const mailsOf = new Map(sent.map((row) => [String(row.order_id), Number(row.mails)]));
  const notOnce = orders.filter((orderId) => mails.get(orderId) !== 1 || mailsOf.get(orderId) !== 1).length;
  const sink = await readMailSink(shop.mailSinkUrl);
  progress(`all ${orders.length} mails were sent: ${sink.calls} calls to the provider, ${sink.mails} distinct mails`);

  return {
    name: "notifications-down",
    expected: { ordersRefused: 0, servicesDisturbed: [], ordersWithoutExactlyOneMail: 0 },
    actual: {
      ordersRefused: refused.length,
      servicesDisturbed: disturbed,
      ordersWithoutExactlyOneMail: notOnce,
      ordersCompletedDuringOutage: completedDuring.length,
      ordersWaitingForTheirMail: waiting,
      mailCalls: sink.calls,
      distinctMails: sink.mails,
      mostBehindDuringOutage: Math.max(...[...after.values()].map(({ behind }) => behind)),
    },
    ok:
      refused.length === 0 &&
      disturbed.length === 0 &&
      notOnce === 0 &&
      completedDuring.length > 0 &&
      waiting >= completedDuring.length,
  };
}
