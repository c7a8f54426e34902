import { wrongEffects } from "../driver/order-effects.ts";
import { until } from "../driver/until.ts";
import type { Check, CheckContext } from "./check.ts";

/** Whatever went wrong behind the front door, no customer was ever turned away. */
export async function checkOrdersTaken({ load }: CheckContext): Promise<Check> {
  await load.stop();
  const actual = { ordersRefused: load.refused.length, ordersPlaced: load.placed.length, ordersCompleted: load.completed.length };
  return {
    name: "orders-taken",
    expected: { ordersRefused: 0 },
    actual,
    ok: load.refused.length === 0 && load.completed.length > 0,
  };
}

/** Every order that was completed has one payment, one invoice, one email and one metric: none is missing, none is there twice. */
export async function checkEffectsOnce({ shop, load, progress }: CheckContext): Promise<Check> {
  await until("all effects are there", async () => (await wrongEffects(shop.databases, load.completed)).length === 0).catch(
    () => {},
  );
  const wrong = await wrongEffects(shop.databases, load.completed);
  progress(`${load.completed.length} orders completed; ${wrong.length} effects missing or doubled`);
  return {
    name: "effects-once",
    expected: { wrongEffects: [] },
    actual: { orders: load.completed.length, wrongEffects: wrong.slice(0, 10) },
    ok: wrong.length === 0 && load.completed.length > 0,
  };
}
