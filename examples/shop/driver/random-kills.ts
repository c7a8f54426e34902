import { setTimeout as wait } from "node:timers/promises";
import { services } from "../services.ts";
import type { EventShop } from "./event-shop.ts";
import { seededRandom } from "./seeded-random.ts";

export interface RandomKills {
  /** The services that were killed, in order. */
  readonly killed: readonly string[];
  /** Kills no more, and settles when every service runs again. */
  stop(): Promise<void>;
}

/** Kills a random service with kill -9 every `everyMs`, in the midst of whatever it does, and starts it again at once. */
export function startRandomKills(shop: EventShop, { everyMs, seed }: { everyMs: number; seed: number }): RandomKills {
  const random = seededRandom(seed);
  const killed: string[] = [];
  const starts = new Map<string, Promise<Error | null>>();
  const stopping = new AbortController();

  async function run(): Promise<void> {
    const startedAt = performance.now();
    for (let n = 1; !stopping.signal.aborted; n++) {
      const service = services[Math.floor(random() * services.length)] ?? "orders";
      await shop.process(service)?.kill();
      killed.push(service);
      // It may be killed again while it starts: then this start fails, and the one that followed counts.
      starts.set(
        service,
        shop.start(service).then(
          () => null,
          (error: Error) => error,
        ),
      );
      await wait(Math.max(0, startedAt + n * everyMs - performance.now()), undefined, { signal: stopping.signal }).catch(
        () => {},
      );
    }
    for (const error of await Promise.all(starts.values())) if (error !== null) throw error;
  }

  const done = run();
  return {
    killed,
    async stop() {
      stopping.abort();
      await done;
    },
  };
}
