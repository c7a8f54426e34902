import { createServer, type AddressInfo } from "node:net";
import { completeOrder, placeOrder } from "../../examples/shop/demo/front-door-client.ts";
import { buggyReleaseOrders } from "../../examples/shop/demo/gift-orders.ts";
import { type EventShop, startEventShop } from "../../examples/shop/driver/event-shop.ts";
import { freePorts } from "../../examples/shop/driver/free-ports.ts";
import { sampleOrder } from "../../examples/shop/driver/order-load.ts";
import { embeddedPlace, type ShopPlace } from "../../examples/shop/driver/shop-place.ts";
import type { ServiceName } from "../../examples/shop/services.ts";
import { type ShopConsole, startShopConsole } from "../../examples/shop/driver/shop-console.ts";
import { ensurePage } from "../../scripts/gate/build-page.ts";

const half = ["orders", "payments", "billing", "notifications", "inventory", "analytics"] as const;

/** Where its console says that traces are shown. */
export const tracesAt = "https://traces.example.com/trace/{traceId}";

export interface BrokenShop {
  readonly shop: EventShop;
  readonly console: ShopConsole;
  close(): Promise<void>;
}

export interface BrokenShopOptions {
  /** Default: everything in `dataDir`. */
  readonly place?: ShopPlace;
  /** More options of `throughline console`, and what its environment has besides. */
  readonly consoleArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: half of the shop. Handlers of it wait for topics of the other half, which is a problem that the console shows. */
  readonly services?: readonly ServiceName[];
}

/** Orders that went well, and after them those of the broken release. */
export const goodOrders = Array.from({ length: 12 }, (_, n) => sampleOrder(`order-${n}`, n));

/** Half of the shop with its console. Orders were placed; then a release of inventory came that fails on gift cards. */
export async function startBrokenShop(
  dataDir: string,
  { place = embeddedPlace(dataDir), consoleArgs = [], env = {}, services = half }: BrokenShopOptions = {},
): Promise<BrokenShop> {
  ensurePage();
  const shopEnv = { ...env, ...(await freePorts()), THROUGHLINE_TRACE_URL: tracesAt };
  const shop = await startEventShop({ dataDir, place, services, env: shopEnv });
  try {
    const console = await startShopConsole(shop, { port: await freePort(), args: consoleArgs });
    for (const order of goodOrders) await buy(shop, order);
    await shop.process("inventory")?.stop();
    await shop.start("inventory", { env: { SHOP_BUG: "gift-cards", SHOP_VERSION: "1.1.0" } });
    for (const [n, order] of buggyReleaseOrders.entries()) await buy(shop, order, { traceparent: traceOf(n) });
    return {
      shop,
      console,
      close: async () => {
        await console.close();
        await shop.close();
      },
    };
  } catch (error) {
    await shop.close();
    throw error;
  }
}

/** Whoever ordered was traced. */
const traceOf = (n: number): string => `00-${String(n + 1).padStart(32, "0")}-00f067aa0ba902b7-01`;

export async function buy(
  shop: EventShop,
  order: ReturnType<typeof sampleOrder>,
  headers?: Record<string, string>,
): Promise<void> {
  await placeOrder(shop, order, headers);
  await completeOrder(shop, order.order_id);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
