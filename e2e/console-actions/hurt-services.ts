import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pageFolder } from "@throughline/console";
import { type ControlServer, createIndexer, indexFile, openSqliteIndex, startControl } from "@throughline/control";
import { createMemoryLog, createMemoryStore, createService, defineEvent, PermanentError, systemSurroundings } from "throughline";
import { until } from "../../examples/shop/driver/until.ts";
import { ensurePage } from "../../scripts/gate/build-page.ts";

interface OrderData {
  readonly order_id: string;
  readonly tenant_id: string;
  readonly total: number;
}

const orderSchema = {
  type: "object",
  properties: { order_id: { type: "string" }, tenant_id: { type: "string" }, total: { type: "number" } },
  required: ["order_id", "tenant_id", "total"],
} as const;

const OrderCreated = defineEvent<"order.created", OrderData>("order.created", {
  version: 1,
  subject: "order_id",
  tenant: "tenant_id",
  data: orderSchema,
});

const GiftSent = defineEvent<"gift.sent", { gift_id: string }>("gift.sent", {
  version: 1,
  subject: "gift_id",
  data: { type: "object", properties: { gift_id: { type: "string" } }, required: ["gift_id"] },
});

export interface HurtServices {
  readonly server: ControlServer;
  /** Another version of billing, which takes what the first one failed on. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Four services in this process, with a console: billing 2.4.0 fails on totals below zero, of two tenants; analytics has a handler that
 * waits for a topic which nobody has made; archive has lost records that it had not read.
 */
export async function startHurtServices(): Promise<HurtServices> {
  ensurePage();
  const log = createMemoryLog({ defaultPartitions: 1 });
  await log.createTopics([{ name: "order" }]);
  const stores = new Map(["orders", "billing", "analytics", "archive"].map((name) => [name, createMemoryStore()]));
  const make = (name: string, version: string, instance = `${name}-1`) =>
    createService({
      name,
      instance,
      version,
      owner: `team-${name}`,
      eventLog: log.connect(),
      store: stores.get(name)!.connect(),
      from: "earliest",
      publishes: name === "orders" ? [OrderCreated] : [],
      log: { silent: true },
    });
  const running: { close(): Promise<void> }[] = [];
  const start = async (service: ReturnType<typeof make>) => {
    const started = await service.start();
    running.push(started);
    return started;
  };

  const orders = make("orders", "1.0.0");
  await start(orders);
  const place = (order_id: string, tenant_id: string, total: number) =>
    orders.publish(OrderCreated, { order_id, tenant_id, total }, { tx: "none" });

  // It has read one record when it stops; what comes then is gone before it is back.
  const archive = () => make("archive", "1.0.0").on(OrderCreated, "keep", () => undefined);
  const before = await archive().start();
  await place("order-0", "acme", 10);
  await until("the archive has read", async () => (await log.committedOffsets("archive")).some(({ offset }) => offset > 0));
  await before.close();
  for (const n of [1, 2, 3]) await place(`order-${n}`, "acme", 10 * n);
  await until("they are sent", async () => (await log.offsets("order"))[0]!.end === 4);
  log.trim("order", 0, 3);
  await start(archive());

  const billing = (version: string) =>
    make("billing", version, `billing-${version}`).on(
      OrderCreated,
      "create-invoice",
      ({ data }) => {
        if (version === "2.4.0" && data.total < 0) throw new PermanentError(`no invoice of ${data.total}`);
      },
      { retryDelaysMs: [] },
    );
  const failing = await billing("2.4.0").start();
  await start(
    make("analytics", "1.0.0")
      .on(OrderCreated, "count-sale", () => undefined)
      .on(GiftSent, "count-gifts", () => undefined),
  );
  for (const n of [4, 5, 6]) await place(`order-${n}`, n === 6 ? "zenith" : "acme", -n);
  await place("order-4", "acme", 40);

  const dataDir = mkdtempSync(join(tmpdir(), "throughline-actions-"));
  const pageDir = pageFolder();
  if (pageDir === null) throw new Error("the page is not built");
  const server = await startControl({ log, dataDir, surroundings: systemSurroundings, port: 0, pageDir });
  const index = openSqliteIndex(indexFile(dataDir));
  const indexer = createIndexer({ log, store: index, pollMs: 100 });
  indexer.start();
  return {
    server,
    mend: async () => {
      await failing.close();
      await start(billing("2.4.1"));
    },
    close: async () => {
      await indexer.close();
      await index.close();
      await server.close();
      for (const one of [...running, failing].toReversed()) await one.close();
      await log.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
