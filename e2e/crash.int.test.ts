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
import { startRandomKills } from "../examples/shop/driver/random-kills.ts";
import { subjectsOutOfOrder } from "../examples/shop/driver/subject-order.ts";
import { services } from "../examples/shop/services.ts";
import { until } from "../examples/shop/driver/until.ts";

const orders = 2_000;
const killEveryMs = 500;
const seed = Number(process.env.THROUGHLINE_CRASH_SEED ?? 20_261_123);

test(
  `${orders} orders have every effect once, in order, though a random service is killed every ${killEveryMs} ms`,
  { timeout: 10 * 60_000 },
  async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), "throughline-crash-"));
    t.diagnostic(`seed ${seed}; set THROUGHLINE_CRASH_SEED to run another schedule`);
    const shop = await startEventShop({ dataDir, env: await freePorts() });
    let held = false;
    t.after(async () => {
      await shop.close();
      // What a failed run left behind tells why; a good one leaves nothing.
      if (held) rmSync(dataDir, { recursive: true, force: true });
      else t.diagnostic(`data and logs are in ${dataDir}`);
    });

    const load = startOrderLoad({ url: shop.ordersUrl, ordersPerSecond: 25, prefix: "order", insist: true, total: orders });
    const kills = startRandomKills(shop, { everyMs: killEveryMs, seed });
    await load.done;
    await kills.stop();
    t.diagnostic(`${kills.killed.length} services were killed while ${load.completed.length} orders came in`);
    assert.equal(load.completed.length, orders);
    assert.deepEqual(load.refused, []);
    assert.deepEqual(
      services.filter((name) => !kills.killed.includes(name)),
      [],
      "services that were never killed",
    );

    await until("nothing is missing any more", () => wrongEffects(shop.databases, load.completed).length === 0, {
      timeoutMs: 180_000,
      everyMs: 500,
    }).catch(() => {});
    assert.deepEqual(wrongEffects(shop.databases, load.completed), []);

    const movements = await until("inventory is through", () => {
      const found = movementsByOrder(shop.databases);
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
