import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import type { EventShop } from "../../examples/shop/driver/event-shop.ts";
import { seededRandom } from "../../examples/shop/driver/seeded-random.ts";
import type { ServiceName } from "../../examples/shop/services.ts";
import { FairDeaths } from "./fair-deaths.ts";
import { readEnding } from "./life.ts";
import { pointsOf } from "./points.ts";

export interface ShopDeathsOptions {
  readonly services: readonly ServiceName[];
  /** How often one of them is killed, whatever it does. */
  readonly killEveryMs: number;
  readonly seed: number;
}

export interface ShopDeaths {
  /** Deaths of each service by kill -9 from outside. */
  readonly killed: ReadonlyMap<ServiceName, number>;
  /** Deaths at each crash point. */
  readonly crashed: ReadonlyMap<string, number>;
  /** How often nobody was killed, for fewer than half of them had come up again: the machine is behind. */
  readonly spared: () => number;
  /** No more of them die. Settles when every service runs again. */
  stop(): Promise<void>;
}

const armFile = pathToFileURL(join(import.meta.dirname, "arm.ts")).href;
/** What the services of the shop pass again and again: one instance each, without replays, redrives or gaps. */
const points = pointsOf("sqlite").filter(
  ({ in: services, onTheWayOut, needsCare }) => services.length > 1 && !onTheWayOut && !needsCare,
);

/**
 * Kills a random service with kill -9 again and again, in the midst of whatever it does, and starts each at once, half of
 * them such that they die at a crash point by themselves. No event is hit more than twice in a row.
 */
export function startShopDeaths(shop: EventShop, { services, killEveryMs, seed }: ShopDeathsOptions): ShopDeaths {
  const random = seededRandom(seed);
  const killed = new Map(services.map((service) => [service, 0]));
  const crashed = new Map<string, number>();
  const armed = new Map<ServiceName, boolean>();
  /** Those that have come up. */
  const up = new Set(services);
  let spared = 0;
  const fair = new Map(services.map((service) => [service, new FairDeaths(service, shop.log, readerOf(shop))]));
  const stopping = new AbortController();
  const troubles: Error[] = [];

  /** Keeps a service running: starts it again whenever it died. */
  async function keep(service: ServiceName): Promise<void> {
    let crashFile = "";
    for (let life = 1; !stopping.signal.aborted; life++) {
      const process = shop.process(service);
      const { code } = (await process?.ended) ?? {};
      up.delete(service);
      const { at, hadPartitions } = readEnding(crashFile);
      if (process?.hasCrashed() === true) {
        if (at === null || code !== null) throw new Error(`${service} ended by itself; see ${shop.logFile(service)}`);
        crashed.set(at, (crashed.get(at) ?? 0) + 1);
      }
      if (stopping.signal.aborted) return;
      await fair.get(service)?.died({ hadPartitions: hadPartitions || life === 1 });
      const point = fair.get(service)?.mustMove.length === 0 && random() < 0.6 ? pick(points) : null;
      armed.set(service, point !== null);
      crashFile = join(shop.dataDir, "logs", `death-${service}-${life}`);
      const env = {
        THROUGHLINE_CRASH_AT: point === null ? "" : `${point.name}@${1 + Math.floor(random() * point.within)}`,
        THROUGHLINE_CRASH_FILE: crashFile,
      };
      // It may die while it starts: then the next start counts.
      await shop.start(service, { env }).then(
        () => up.add(service),
        () => undefined,
      );
    }
  }

  /** One that runs, and whose death would hit no event a third time. Whoever waits for a death of its own is spared while others live. */
  async function mortal(): Promise<ServiceName | null> {
    const running = services.filter((service) => shop.process(service)?.isRunning() === true);
    const shuffled = running.map((service) => ({ service, rank: random() + Number(armed.get(service) ?? false) }));
    for (const { service } of shuffled.toSorted((a, b) => a.rank - b.rank)) {
      await fair.get(service)?.look();
      if (fair.get(service)?.mustMove.length === 0) return service;
    }
    return null;
  }

  async function kill(): Promise<void> {
    const startedAt = performance.now();
    for (let n = 1; !stopping.signal.aborted; n++) {
      const isBehind = up.size < services.length / 2;
      spared += Number(isBehind);
      const service = isBehind ? null : await mortal();
      if (service !== null) {
        killed.set(service, (killed.get(service) ?? 0) + 1);
        await shop.process(service)?.kill();
      }
      await wait(Math.max(0, startedAt + n * killEveryMs - performance.now()));
    }
  }

  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const done = Promise.all(
    [kill(), ...services.map(keep)].map((loop) =>
      loop.catch((error: Error) => {
        troubles.push(error);
        stopping.abort();
      }),
    ),
  );
  return {
    killed,
    crashed,
    spared: () => spared,
    async stop() {
      stopping.abort();
      // Also those that are just being started: some would still die at a point.
      const ended = done.then(() => true);
      while (!(await Promise.race([ended, wait(50, false)])))
        await Promise.all(services.map(async (service) => shop.process(service)?.kill()));
      if (troubles.length > 0) throw troubles[0];
      await Promise.all(services.map((service) => shop.start(service)));
    },
  };
}

/** What loads `arm.ts` into each process of the shop, and compiles its modules once for all. */
export function armedEnvironment(dataDir: string): Record<string, string> {
  return {
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --import ${armFile}`,
    NODE_COMPILE_CACHE: join(dataDir, "compiled"),
  };
}

function readerOf({ databases }: EventShop): ConstructorParameters<typeof FairDeaths>[2] {
  return {
    async all(service, sql, ...parameters) {
      try {
        return await databases.all(service, sql, ...parameters);
      } catch (error) {
        if (/no such table|unable to open/.test((error as Error).message)) return [];
        throw error;
      }
    },
  };
}
