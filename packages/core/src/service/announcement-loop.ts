import type { ServiceScope } from "../handling/scope.ts";
import type { Timer } from "../seams/runtime.ts";
import type { ContractsAnnouncement, ServiceAnnouncement } from "../system-topics/index.ts";
import { AnnouncementSender } from "./announcement-sender.ts";

export type AnnouncingScope = Pick<ServiceScope<unknown>, "identity" | "log" | "logger" | "shipper" | "surroundings">;

/** How often an instance says that it is still there. */
export const announceEveryMs = 60_000;

interface Composed {
  readonly announcement: ServiceAnnouncement;
  /** When the next one is due. */
  readonly nextMs: number;
}

/** Announces an instance again and again, one at a time. Never in the way: a failure is one warning. */
export class AnnouncementLoop {
  readonly #scope: AnnouncingScope;
  readonly #sender: AnnouncementSender;
  readonly #compose: (state: ServiceAnnouncement["state"]) => Promise<Composed> | Composed;
  #timer: Timer | null = null;
  #warned = false;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(
    scope: AnnouncingScope,
    contracts: ContractsAnnouncement,
    compose: (state: ServiceAnnouncement["state"]) => Promise<Composed> | Composed,
  ) {
    this.#scope = scope;
    this.#sender = new AnnouncementSender(scope, contracts);
    this.#compose = compose;
  }

  /** Announces now, and again in time. Never rejects. */
  announce(state: ServiceAnnouncement["state"] = "running"): Promise<void> {
    this.#timer?.cancel();
    this.#running = this.#running.then(() => this.#send(state));
    return this.#running;
  }

  /** Settles when the last word is said, or could not be. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#sender.close();
    await this.announce("stopped");
  }

  async #send(state: ServiceAnnouncement["state"]): Promise<void> {
    let nextMs = announceEveryMs;
    try {
      const composed = await this.#compose(state);
      ({ nextMs } = composed);
      await this.#sender.send(composed.announcement);
      this.#warned = false;
    } catch (error) {
      if (!this.#warned) this.#scope.logger.warn({ err: error }, "this service cannot announce itself; it works all the same");
      this.#warned = true;
    }
    if (!this.#isClosed) this.#timer = this.#scope.surroundings.clock.after(nextMs, () => void this.announce());
  }
}
