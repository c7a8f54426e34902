import type { Surroundings } from "throughline/seams";
import { isThroughlineError } from "throughline/seams";
import { controlError } from "../errors/catalogue.ts";
import type { Delivery, DeliveryAttempt, LagStore } from "../lag/lag-store.ts";
import type { AlertChannel } from "./alert.ts";

const retryDelaysMs = [2_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000];
/** A channel that takes nothing for so long gets nothing more of this alert. */
const givenUpAfterMs = 24 * 60 * 60_000;
/** Of each channel. */
const atOnce = 20;
/** For what is being sent at the end. */
const momentMs = 3_000;

/**
 * Sends what stands in the store to its channels: each on its own, so that one that hangs keeps up nobody; of one incident and channel in
 * order. What was sent and not yet noted when the process ends is sent again, under the same id.
 */
export class AlertSender {
  readonly #store: LagStore;
  readonly #channels: ReadonlyMap<string, AlertChannel>;
  readonly #clock: Surroundings["clock"];
  readonly #closing = new AbortController();
  readonly #underWay = new Map<string, { readonly channel: string; readonly sent: Promise<void> }>();
  /** What was sent, and could not be noted yet: it is not sent again. */
  readonly #unnoted = new Map<string, DeliveryAttempt>();
  #looking: Promise<void> | null = null;
  #lookAgain = false;
  #isResting = false;

  constructor(store: LagStore, channels: readonly AlertChannel[], { clock }: Surroundings) {
    this.#store = store;
    this.#channels = new Map(channels.map((channel) => [channel.name, channel]));
    this.#clock = clock;
  }

  /** Sends what is due; returns at once. What cannot be read now is read the next time. */
  wake(): void {
    this.#isResting = false;
    this.#lookOnceMore();
  }

  /** Another process sends from now on, until `wake`. What is under way is finished. */
  rest(): void {
    this.#isResting = true;
  }

  #lookOnceMore(): void {
    this.#lookAgain = true;
    this.#looking ??= this.#look()
      .catch(() => undefined)
      .finally(() => (this.#looking = null));
  }

  /** Gives what is being sent a moment, then breaks it off; it is sent again by whoever watches next. */
  async close(): Promise<void> {
    this.#isResting = true;
    await this.#looking;
    const moment = Promise.withResolvers<void>();
    const timer = setTimeout(moment.resolve, momentMs);
    await Promise.race([this.#allSent(), moment.promise]);
    clearTimeout(timer);
    this.#closing.abort();
    await this.#allSent();
    for (const channel of this.#channels.values()) await channel.close?.();
  }

  async #look(): Promise<void> {
    while (this.#lookAgain && !this.#isResting) {
      this.#lookAgain = false;
      for (const delivery of await this.#store.dueDeliveries(this.#clock.now(), atOnce)) {
        const { id, channel } = delivery;
        if (this.#underWay.has(id) || this.#underWayTo(channel) >= atOnce) continue;
        const sent = this.#send(delivery).finally(() => this.#underWay.delete(id));
        this.#underWay.set(id, { channel, sent });
      }
    }
  }

  #underWayTo(channel: string): number {
    return [...this.#underWay.values()].filter((one) => one.channel === channel).length;
  }

  async #allSent(): Promise<void> {
    await Promise.all([...this.#underWay.values()].map(({ sent }) => sent));
  }

  async #send(delivery: Delivery): Promise<void> {
    const unnoted = this.#unnoted.get(delivery.id);
    if (unnoted !== undefined) return this.#note(delivery.id, unnoted);
    try {
      const channel = this.#channels.get(delivery.channel);
      if (channel === undefined)
        throw controlError("ALERT_REFUSED", { channel: delivery.channel, what: "there is no such channel any more" });
      await channel.send(delivery.alert, this.#closing.signal);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      await this.#noteFailure(delivery, error);
      return;
    }
    await this.#note(delivery.id, { atMs: this.#clock.now(), nextMs: null, error: null });
  }

  async #note(id: string, attempt: DeliveryAttempt): Promise<void> {
    this.#unnoted.set(id, attempt);
    try {
      await this.#store.recordAttempt(id, attempt);
      this.#unnoted.delete(id);
      if (attempt.nextMs === null) this.#lookOnceMore();
    } catch {
      // The store takes nothing now; the next look notes it.
    }
  }

  async #noteFailure({ id, alert, attempts }: Delivery, error: unknown): Promise<void> {
    const atMs = this.#clock.now();
    const mayRetry = (!isThroughlineError(error) || error.retryable) && atMs - alert.atMs < givenUpAfterMs;
    const delayMs = retryDelaysMs[Math.min(attempts, retryDelaysMs.length - 1)]!;
    const message = error instanceof Error ? error.message : String(error);
    await this.#note(id, { atMs, nextMs: mayRetry ? atMs + delayMs : null, error: message });
    if (mayRetry) this.#clock.after(delayMs, () => this.#lookOnceMore());
  }
}
