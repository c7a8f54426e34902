import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createIndexer, findFlows, openSqliteIndex } from "@throughline/control";
import { hopsOf, readFlows } from "@throughline/control/reading";
import { changeOrder, completeOrder, placeOrder } from "../examples/shop/demo/front-door-client.ts";
import { buggyReleaseOrders } from "../examples/shop/demo/gift-orders.ts";
import { startEventShop } from "../examples/shop/driver/event-shop.ts";
import { freePorts } from "../examples/shop/driver/free-ports.ts";
import { sampleOrder } from "../examples/shop/driver/order-load.ts";
import { until } from "../examples/shop/driver/until.ts";
import { sizes } from "./sizes.ts";

const services = ["orders", "payments", "billing", "notifications", "inventory", "analytics"] as const;
const orders = sizes({ test: 20, soak: 300 });

test(
  `the flows of the shop's orders are the same from the index as from the log, whatever became of them`,
  { timeout: 600_000 },
  async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), "throughline-control-"));
    const shop = await startEventShop({ dataDir, services, env: await freePorts() });
    const store = openSqliteIndex(join(dataDir, "index.db"));
    const indexer = createIndexer({ log: shop.log, store });
    t.after(async () => {
      await indexer.close();
      await store.close();
      await shop.close();
      rmSync(dataDir, { recursive: true, force: true });
    });
    // Inventory fails on gift cards, analytics does not run, and somebody wrote garbage.
    await shop.process("inventory")?.stop();
    await shop.start("inventory", { env: { SHOP_BUG: "gift-cards", SHOP_VERSION: "1.1.0" } });
    await shop.process("analytics")?.stop();
    const header = (name: string, value: string) => [name, Buffer.from(value)] as const;
    const headers = [
      header("ce_specversion", "1.0"),
      header("ce_id", "g-1"),
      header("ce_source", "x"),
      header("ce_type", "order.completed"),
    ];
    await shop.log.append([{ topic: "order", key: Buffer.from("garbage"), value: Buffer.from([0xff, 0x00]), headers }]);
    const placed = [...Array.from({ length: orders }, (_, n) => sampleOrder(`flow-${n}`, n)), ...buggyReleaseOrders];
    for (const order of placed) {
      await placeOrder(shop, order);
      await changeOrder(shop, order.order_id, order);
      await completeOrder(shop, order.order_id);
    }

    const outcomes = await until(
      "both say the same of every order, and each has come to its end",
      async () => {
        await indexer.catchUp();
        const nowMs = Date.now();
        const groups = await shop.log.groups();
        const found = new Set<string>();
        for (const { order_id: subject } of placed) {
          const fromLog = await readFlows(shop.log, { subject }, { nowMs, sinceMs: null });
          const { flows } = await findFlows(store, { subject }, { nowMs, groups });
          assert.ok(fromLog.length > 0, subject);
          assert.deepEqual(flows, fromLog);
          const hops = flows.flatMap(hopsOf);
          for (const { handler } of hops) found.add(`${handler.service} ${handler.outcome}`);
          // By the id of an event, and by the correlation id, it is the same flow.
          const [flow] = flows;
          for (const id of [flow!.correlationId, flow!.roots[0]!.id])
            assert.deepEqual((await findFlows(store, { id }, { nowMs, groups })).flows, [flow]);
        }
        const expected = ["billing applied", "notifications applied", "inventory applied", "analytics pending"];
        const failing = found.has("inventory waiting") || found.has("inventory dead");
        return (
          expected.every((outcome) => found.has(outcome)) &&
          failing &&
          ![...found].some((outcome) => / (?:unknown|missing)$/.test(outcome)) &&
          found
        );
      },
      { timeoutMs: 180_000, everyMs: 500 },
    );
    assert.ok(outcomes.size >= 5);
    const { failures } = await store.failures({ service: "inventory" });
    assert.ok(failures.some(({ reason }) => reason === "undecodable"));
  },
);
