import { isInOrder, movementsByOrder } from "../driver/order-effects.ts";
import { readAnnouncements } from "../driver/log-reading.ts";
import { until } from "../driver/until.ts";
import type { Check, CheckContext } from "./check.ts";
import { buggyReleaseOrders, hasGiftCard } from "./gift-orders.ts";
import { throughlineCommand } from "./throughline-command.ts";

/** The bug is fixed; `throughline redrive` hands inventory its dead letters again, and `discard` puts the garbage aside. */
export async function checkRedrive({ shop, progress }: CheckContext): Promise<Check> {
  progress("deploying inventory 1.1.1, which can handle gift cards, and redriving its dead letters");
  await shop.process("inventory")?.stop();
  await shop.start("inventory", { env: { SHOP_VERSION: "1.1.1" } });
  const redrive = await throughlineCommand(shop, ["redrive", "--service", "inventory", "--handler", "move-stock", "--reason", "failed", "--yes", "--json"]);
  const discard = await throughlineCommand(shop, ["discard", "--all", "--yes", "--json"]);

  const orderIds = buggyReleaseOrders.filter(hasGiftCard).map(({ order_id }) => order_id);
  const notOnceInOrder = (): string[] => {
    const movements = movementsByOrder(shop.databases);
    return orderIds.filter((orderId) => !isInOrder(movements.get(orderId)));
  };
  const stillFailed = async (): Promise<number> =>
    (await readAnnouncements(shop.log)).filter(({ state }) => state === "running").reduce((sum, { handlers }) => sum + handlers.reduce((dead, handler) => dead + handler.dead, 0), 0);
  await until("the redriven orders' goods have moved, and nothing is failed", async () => notOnceInOrder().length === 0 && (await stillFailed()) === 0).catch(() => {});

  const actual = { redriveExit: redrive.code, discardExit: discard.code, failedAfterwards: await stillFailed(), ordersNotOnceInOrder: notOnceInOrder() };
  return {
    name: "redrive",
    expected: { redriveExit: 0, discardExit: 0, failedAfterwards: 0, ordersNotOnceInOrder: [] },
    actual,
    ok: redrive.code === 0 && discard.code === 0 && actual.failedAfterwards === 0 && actual.ordersNotOnceInOrder.length === 0,
  };
}
