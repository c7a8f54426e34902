import type { Surroundings } from "throughline/seams";
import { isThroughlineError } from "throughline/seams";
import { controlError } from "../errors/catalogue.ts";
import type { Delivery, LagStore } from "../lag/lag-store.ts";
import type { AlertChannel } from "./alert.ts";

const retryDelaysMs = [2_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000];
/** A channel that takes nothing for so long gets nothing more of this alert. */
const givenUpAfterMs = 24 * 60 * 60_000;
const atOnce = 20;

/**
 * Sends what stands in the store to its channels: each on its own, so that one that hangs keeps up nobody; of one incident and channel in
 * order. What was sent and not yet noted when the process ends is sent again, under the same id.
 */
export class AlertSender {
  readonly #store: LagStore;
  readonly #channels: ReadonlyMap<string, AlertChannel>;
  readonly #clock: Surroundings["clock"];
  readonly #closing = new AbortController();
  readonly #underWay = new Map<string, Promise<void>>();
  #looking: Promise<void> | null = null;
  #lookAgain = false;

  constructor(store: LagStore, channels: readonly AlertChannel[], { clock }: Surroundings) {
    this.#store = store;
    this.#channels = new Map(channels.map((channel) => [channel.name, channel]));
    this.#clock = clock;
  }

  /** Sends what is due; returns at once. What cannot be read now is read the next time. */
  wake(): void {
    this.#lookAgain = true;
    this.#looking ??= this.#look()
      .catch(() => undefined)
      .finally(() => (this.#looking = null));
  }

  /** Breaks off what is being sent; it is sent again by whoever watches next. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#looking;
    await Promise.all(this.#underWay.values());
    for (const channel of this.#channels.values()) await channel.close?.();
  }

  async #look(): Promise<void> {
    while (this.#lookAgain && !this.#closing.signal.aborted) {
      this.#lookAgain = false;
      for (const delivery of await this.#store.dueDeliveries(this.#clock.now(), 100)) {
        if (this.#underWay.has(delivery.id) || this.#underWay.size >= atOnce) continue;
        const sent = this.#send(delivery).finally(() => this.#underWay.delete(delivery.id));
        this.#underWay.set(delivery.id, sent);
      }
    }
  }

  async #send(delivery: Delivery): Promise<void> {
    try {
      const channel = this.#channels.get(delivery.channel);
      if (channel === undefined)
        throw controlError("ALERT_REFUSED", { channel: delivery.channel, what: "there is no such channel any more" });
      await channel.send(delivery.alert, this.#closing.signal);
      await this.#store.recordAttempt(delivery.id, { atMs: this.#clock.now(), nextMs: null, error: null });
      this.wake();
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      await this.#noteFailure(delivery, error).catch(() => undefined);
    }
  }

  async #noteFailure({ id, alert, attempts }: Delivery, error: unknown): Promise<void> {
    const atMs = this.#clock.now();
    const mayRetry = (!isThroughlineError(error) || error.retryable) && atMs - alert.atMs < givenUpAfterMs;
    const delayMs = retryDelaysMs[Math.min(attempts, retryDelaysMs.length - 1)]!;
    const message = error instanceof Error ? error.message : String(error);
    await this.#store.recordAttempt(id, { atMs, nextMs: mayRetry ? atMs + delayMs : null, error: message });
    if (mayRetry) this.#clock.after(delayMs, () => this.wake());
    else this.wake();
  }
}
