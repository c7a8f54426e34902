import { rmSync } from "node:fs";
import { join } from "node:path";
import { startEventShop } from "../driver/event-shop.ts";
import { freePorts } from "../driver/free-ports.ts";
import { startOrderLoad } from "../driver/order-load.ts";
import { embeddedPlace, type ShopPlace } from "../driver/shop-place.ts";
import { checkBadPublish } from "./check-bad-publish.ts";
import { checkCorrelation } from "./check-correlation.ts";
import { checkDeadLetter } from "./check-dead-letter.ts";
import { checkDuplicates } from "./check-duplicates.ts";
import { checkHttpCascade } from "./check-http-cascade.ts";
import { checkNewConsumer } from "./check-new-consumer.ts";
import { checkNotificationsDown } from "./check-notifications-down.ts";
import { checkOutOfOrder } from "./check-out-of-order.ts";
import { checkRedrive } from "./check-redrive.ts";
import type { Check, CheckContext, Progress } from "./check.ts";
import { checkEffectsOnce, checkOrdersTaken } from "./check-whole-run.ts";

/** Runs both shops unattended, injects each fault, heals it again, and says what held. Never rejects: an error is a failed check. */
export interface RunChecksOptions {
  readonly dataDir: string;
  readonly progress: Progress;
  /** Where the shop on events lives, given a folder for what it keeps there. Default: all in that folder. */
  readonly placeIn?: (dataDir: string) => ShopPlace;
}

export async function runChecks({ dataDir, progress, placeIn = embeddedPlace }: RunChecksOptions): Promise<Check[]> {
  rmSync(dataDir, { recursive: true, force: true });
  const cascade = await orFailed("http-cascade", () => checkHttpCascade({ dataDir: join(dataDir, "before"), progress }));
  return [cascade, ...(await runChecksOnEvents({ dataDir: join(dataDir, "after"), progress, placeIn }))];
}

async function runChecksOnEvents({ dataDir, progress, placeIn }: Required<RunChecksOptions>): Promise<Check[]> {
  progress("starting the shop on events: the same twelve services, none of which calls another");
  let shop;
  try {
    shop = await startEventShop({ dataDir, place: placeIn(dataDir), env: await freePorts() });
  } catch (error) {
    return [failed("shop-on-events", error)];
  }
  try {
    const load = startOrderLoad({ url: shop.ordersUrl, ordersPerSecond: 5, prefix: "order" });
    const context: CheckContext = { shop, load, progress };
    const run = (name: string, check: (context: CheckContext) => Promise<Check>): Promise<Check> =>
      orFailed(name, () => check(context));

    const first = [await run("notifications-down", checkNotificationsDown)];
    // These disturb one another in nothing, so they run together.
    const together = await Promise.all([
      run("duplicates", checkDuplicates),
      run("out-of-order", checkOutOfOrder),
      run("dead-letter", checkDeadLetter),
      run("bad-publish", checkBadPublish),
    ]);
    const redrive = await run("redrive", checkRedrive);
    const correlation = await run("correlation", checkCorrelation);
    const newConsumer = await run("new-consumer", checkNewConsumer);
    const whole = [await run("orders-taken", checkOrdersTaken), await run("effects-once", checkEffectsOnce)];
    return [...first, ...together, redrive, correlation, newConsumer, ...whole];
  } finally {
    progress("ending the shop");
    await shop.close();
  }
}

async function orFailed(name: string, check: () => Promise<Check>): Promise<Check> {
  try {
    return await check();
  } catch (error) {
    return failed(name, error);
  }
}

function failed(name: string, error: unknown): Check {
  const { message, cause } = error as Error;
  return {
    name,
    expected: "no error",
    actual: { error: message, ...(cause instanceof Error ? { cause: cause.message } : {}) },
    ok: false,
  };
}
