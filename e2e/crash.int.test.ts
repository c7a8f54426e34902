import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startEventShop } from "../examples/shop/driver/event-shop.ts";
import { freePorts } from "../examples/shop/driver/free-ports.ts";
import { readTopic } from "../examples/shop/driver/log-reading.ts";
import { isInOrder, movementsByOrder, wrongEffects } from "../examples/shop/driver/order-effects.ts";
import { startOrderLoad } from "../examples/shop/driver/order-load.ts";
import { subjectsOutOfOrder } from "../examples/shop/driver/subject-order.ts";
import { until } from "../examples/shop/driver/until.ts";
import { armedEnvironment, startShopDeaths } from "./crash-points/shop-deaths.ts";
import { sizes } from "./sizes.ts";

const orders = Number(process.env.THROUGHLINE_CRASH_ORDERS ?? sizes({ test: 5_000, soak: 20_000 }));
const killEveryMs = 300;
const seed = Number(process.env.THROUGHLINE_CRASH_SEED ?? 20_261_123);
const services = ["orders", "payments", "billing", "notifications", "inventory", "analytics"] as const;

test(
  `${orders} orders have every effect once, in order, though one of six services is killed every ${killEveryMs} ms`,
  { timeout: sizes({ test: 15, soak: 45 }) * 60_000 },
  async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), "throughline-crash-"));
    console.log(`seed ${seed}; set THROUGHLINE_CRASH_SEED to run another schedule`);
    const shop = await startEventShop({ dataDir, services, env: { ...(await freePorts()), ...armedEnvironment(dataDir) } });
    let held = false;
    t.after(async () => {
      await shop.close();
      // What a failed run left behind tells why; a good one leaves nothing.
      if (held) rmSync(dataDir, { recursive: true, force: true });
      else console.log(`data and logs are in ${dataDir}`);
    });

    const load = startOrderLoad({
      url: shop.ordersUrl,
      ordersPerSecond: 50,
      prefix: "order",
      insist: true,
      mostUnderWay: 100,
      total: orders,
    });
    const deaths = startShopDeaths(shop, { services, killEveryMs, seed });
    await load.done;
    await deaths.stop();
    console.log(`killed from outside: ${[...deaths.killed].flat().join(" ")}; spared ${deaths.spared()} times`);
    console.log(`died at crash points: ${[...deaths.crashed].flat().join(" ")}`);
    assert.equal(load.completed.length, orders);
    assert.deepEqual(load.refused, []);
    assert.ok(deaths.crashed.size > 0, "none died at a crash point");
    for (const service of services) assert.ok((deaths.killed.get(service) ?? 0) > 0, `${service} was never killed`);

    const wrong = (): Promise<unknown[]> => wrongEffects(shop.databases, load.completed, services);
    await until("nothing is missing any more", async () => (await wrong()).length === 0, {
      timeoutMs: 180_000,
      everyMs: 500,
    }).catch(() => {});
    assert.deepEqual((await wrong()).slice(0, 20), []);

    const movements = await until("inventory is through", async () => {
      const found = await movementsByOrder(shop.databases);
      return load.completed.every((orderId) => found.get(orderId)?.includes("taken")) && found;
    });
    assert.deepEqual(
      load.completed.filter((orderId) => !isInOrder(movements.get(orderId))),
      [],
    );
    assert.deepEqual(subjectsOutOfOrder(await readTopic(shop.log, "order")), []);
    held = true;
  },
);
