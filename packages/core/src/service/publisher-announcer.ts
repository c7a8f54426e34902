import type { EventContract } from "../contract/index.ts";
import { waitFor } from "../handling/retry-wait.ts";
import { announcedContracts } from "../system-topics/index.ts";
import { announceEveryMs, AnnouncementLoop, type AnnouncingScope } from "./announcement-loop.ts";
import { serviceContracts } from "./service-contracts.ts";
import { shipsLogs } from "./ships-logs.ts";

/** Closing waits no longer for a log that does not answer. */
const lastWordMs = 1_000;

/** Tells the log what a service without a store is and publishes. */
export class PublisherAnnouncer {
  readonly #scope: AnnouncingScope;
  readonly #loop: AnnouncementLoop;

  constructor(scope: AnnouncingScope, publishes: readonly EventContract[]) {
    this.#scope = scope;
    const startedAtMs = scope.surroundings.clock.now();
    const contracts = announcedContracts(scope.identity.service, serviceContracts(publishes, []));
    this.#loop = new AnnouncementLoop(scope, contracts, (state) => ({
      announcement: {
        ...scope.identity,
        state,
        startedAtMs,
        atMs: scope.surroundings.clock.now(),
        publishes: publishes.map(({ type }) => type),
        handlers: [],
        outbox: null,
        ...shipsLogs(scope),
      },
      nextMs: announceEveryMs,
    }));
  }

  /** Announces now, and again in time. Never rejects. */
  announce(): Promise<void> {
    return this.#loop.announce();
  }

  async close(): Promise<void> {
    const isSaid = new AbortController();
    await Promise.race([this.#loop.close(), waitFor(this.#scope.surroundings, lastWordMs, isSaid.signal)]);
    isSaid.abort();
  }
}
