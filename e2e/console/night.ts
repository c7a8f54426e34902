import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embeddedPlace, serverPlace, type ShopPlace } from "../../examples/shop/driver/shop-place.ts";
import type { EventShop } from "../../examples/shop/driver/event-shop.ts";
import { startKafka } from "../../scripts/services/kafka.ts";
import { startPostgres, unsynced } from "../../scripts/services/postgres.ts";
import { startBrokenShop } from "./broken-shop.ts";
import { type Pager, startPager } from "./pager.ts";

/** A night on call: the shop, its console, and a pager that the console tells. A release that fails on gift cards went out. */
export interface Night extends AsyncDisposable {
  readonly shop: EventShop;
  readonly pager: Pager;
  /** Of the console. */
  readonly url: string;
  /** What the team does in the end. */
  deployMendedInventory(): Promise<void>;
}

/** As many as wait for nobody: with fewer, something would be wrong besides. */
export const services = [
  "orders",
  "payments",
  "billing",
  "notifications",
  "inventory",
  "analytics",
  "loyalty",
  "returns",
] as const;

/** Where the night's events and data are; what is opened for that is closed with the night. */
interface Ground {
  readonly place: ShopPlace;
  /** Of the console's own, which several would share; null: files. */
  readonly database: string | null;
}

export const grounds = {
  "the embedded log": async (dataDir: string): Promise<Ground> => ({ place: embeddedPlace(dataDir), database: null }),
  "Kafka and PostgreSQL": async (dataDir: string, opened: AsyncDisposableStack): Promise<Ground> => {
    const [kafka, postgres] = await Promise.all([
      startKafka(),
      startPostgres({ settings: { ...unsynced, max_connections: 200 } }),
    ]);
    opened.defer(async () => void (await Promise.all([kafka.close(), postgres.close()])));
    const place = serverPlace({ eventsUrl: kafka.url, databaseUrl: (name) => postgres.url(name), dataDir });
    return { place, database: postgres.url("postgres") };
  },
} as const;

export async function startNight(ground: keyof typeof grounds): Promise<Night> {
  await using opened = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "throughline-night-"));
  opened.defer(() => rmSync(folder, { recursive: true, force: true }));
  const dataDir = join(folder, "shop");
  const { place, database } = await grounds[ground](dataDir, opened);
  const pager = await startPager();
  opened.defer(() => pager.close());
  const configFile = join(folder, "control.json");
  writeFileSync(configFile, JSON.stringify(configOf(pager, database)));
  const env = { PAGER_SECRET: pager.secret, ...(database === null ? {} : { CONTROL_DATABASE: database }) };
  const { shop, console, close } = await startBrokenShop(dataDir, {
    place,
    consoleArgs: ["--config", configFile],
    env,
    services,
  });
  opened.defer(close);
  const parts = opened.move();
  return {
    shop,
    pager,
    url: console.url,
    deployMendedInventory: async () => {
      await shop.process("inventory")?.stop();
      await shop.start("inventory", { env: { SHOP_VERSION: "1.1.1" } });
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** As an operator writes it; only that it ends an incident after three seconds, for the test is to be short. */
const configOf = ({ url }: Pager, database: string | null) => ({
  ...(database === null ? {} : { database: { env: "CONTROL_DATABASE" } }),
  alerts: {
    channels: { pager: { kind: "webhook", url, secret: { env: "PAGER_SECRET" }, allowInside: ["127.0.0.1"] } },
    rules: { default: { recoversAfterMs: 3_000 } },
    sampleEveryMs: 1_000,
  },
});
