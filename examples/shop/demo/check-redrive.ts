import { isInOrder, movementsByOrder } from "../driver/order-effects.ts";
import { until } from "../driver/until.ts";
import type { Check, CheckContext } from "./check.ts";
import { buggyReleaseOrders, hasGiftCard } from "./gift-orders.ts";
import { throughlineCommand } from "./throughline-command.ts";

/** The bug is fixed; `throughline redrive` hands inventory its dead letters again, and `discard` puts the garbage aside. */
export async function checkRedrive({ shop, progress }: CheckContext): Promise<Check> {
  progress("deploying inventory 1.1.1, which can handle gift cards, and redriving its dead letters");
  await shop.process("inventory")?.stop();
  await shop.start("inventory", { env: { SHOP_VERSION: "1.1.1" } });
  const redrive = await throughlineCommand(shop, [
    "redrive",
    "--service",
    "inventory",
    "--handler",
    "move-stock",
    "--reason",
    "failed",
    "--note",
    "fixed in 1.1.1",
    "--yes",
    "--json",
  ]);
  const discard = await throughlineCommand(shop, [
    "discard",
    "--all",
    "--reason",
    "garbage that belongs to no order",
    "--yes",
    "--json",
  ]);

  const orderIds = buggyReleaseOrders.filter(hasGiftCard).map(({ order_id }) => order_id);
  const notOnceInOrder = async (): Promise<string[]> => {
    const movements = await movementsByOrder(shop.databases);
    return orderIds.filter((orderId) => !isInOrder(movements.get(orderId)));
  };
  const stillFailed = async (): Promise<number> => {
    const { stdout } = await throughlineCommand(shop, ["failed", "--json"]);
    return (JSON.parse(stdout) as { total: number }).total;
  };
  await until("the redriven orders' goods have moved", async () => (await notOnceInOrder()).length === 0).catch(() => {});
  await until("nothing is failed", async () => (await stillFailed()) === 0, { everyMs: 500 }).catch(() => {});

  const actual = {
    redriveExit: redrive.code,
    discardExit: discard.code,
    failedAfterwards: await stillFailed(),
    ordersNotOnceInOrder: await notOnceInOrder(),
  };
  progress(
    `${orderIds.length} orders redriven; ${actual.failedAfterwards} failed, ${actual.ordersNotOnceInOrder.length} not once and in order`,
  );
  return {
    name: "redrive",
    expected: { redriveExit: 0, discardExit: 0, failedAfterwards: 0, ordersNotOnceInOrder: [] },
    actual,
    ok: redrive.code === 0 && discard.code === 0 && actual.failedAfterwards === 0 && actual.ordersNotOnceInOrder.length === 0,
  };
}
