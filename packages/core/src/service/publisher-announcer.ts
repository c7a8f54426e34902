import type { EventContract } from "../contract/index.ts";
import { waitFor } from "../handling/retry-wait.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { Timer } from "../seams/runtime.ts";
import { announcedContracts, type ServiceAnnouncement } from "../system-topics/index.ts";
import { AnnouncementSender } from "./announcement-sender.ts";
import { serviceContracts } from "./service-contracts.ts";

const everyMs = 60_000;
/** Closing waits no longer for a log that does not answer. */
const lastWordMs = 1_000;

export type PublisherScope = Pick<ServiceScope<unknown>, "identity" | "log" | "logger" | "surroundings">;

/** Tells the log what a service without a store is and publishes. Never in the way: a failure is one warning. */
export class PublisherAnnouncer {
  readonly #scope: PublisherScope;
  readonly #publishes: readonly EventContract[];
  readonly #sender: AnnouncementSender;
  readonly #startedAtMs: number;
  #timer: Timer | null = null;
  #warned = false;
  #isClosed = false;
  #running: Promise<void> = Promise.resolve();

  constructor(scope: PublisherScope, publishes: readonly EventContract[]) {
    this.#scope = scope;
    this.#publishes = publishes;
    this.#startedAtMs = scope.surroundings.clock.now();
    this.#sender = new AnnouncementSender(scope, announcedContracts(scope.identity.service, serviceContracts(publishes, [])));
  }

  /** Announces now, and again in time. Never rejects. */
  announce(state: "running" | "stopped" = "running"): Promise<void> {
    this.#timer?.cancel();
    this.#running = this.#running.then(() => this.#send(state));
    return this.#running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#sender.close();
    const isSaid = new AbortController();
    await Promise.race([this.announce("stopped"), waitFor(this.#scope.surroundings, lastWordMs, isSaid.signal)]);
    isSaid.abort();
    this.#timer?.cancel();
  }

  async #send(state: "running" | "stopped"): Promise<void> {
    const { identity, logger, surroundings } = this.#scope;
    const announcement: ServiceAnnouncement = {
      ...identity,
      state,
      startedAtMs: this.#startedAtMs,
      atMs: surroundings.clock.now(),
      publishes: this.#publishes.map(({ type }) => type),
      handlers: [],
      outbox: null,
    };
    try {
      await this.#sender.send(announcement);
      this.#warned = false;
    } catch (error) {
      if (!this.#warned) logger.warn({ err: error }, "this service cannot announce itself; it works all the same");
      this.#warned = true;
    }
    if (!this.#isClosed) this.#timer = surroundings.clock.after(everyMs, () => void this.announce());
  }
}
