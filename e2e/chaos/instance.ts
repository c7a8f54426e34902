import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { beginLife, type Life } from "../crash-points/life.ts";
import type { ChaosService } from "./schedule.ts";

export interface InstanceOptions {
  readonly service: ChaosService;
  /** `orders-a`: its name in the group, which the next process has again. */
  readonly name: string;
  readonly folder: string;
  readonly env: () => Readonly<Record<string, string>>;
  /** The crash points that the next process dies at; empty: none, until `arm` says some. */
  readonly crashAt: () => string;
  /** A process of it has ended, however it did. The next one is started meanwhile. */
  readonly onDeath: (instance: Instance, death: Death) => void;
}

export interface Death {
  /** The crash point at which it died; null when it was ended from outside. */
  readonly at: string | null;
  readonly code: number | null;
  /** It may have hit an event. */
  readonly hadPartitions: boolean;
}

const restartAfterMs = 100;
/** One that cannot start, for its store or the brokers are away, is started less and less often, as orchestrators do it. */
const longestRestartMs = 5_000;
const stopWithinMs = 15_000;
/** One that is to stand still inside a transaction waits for one so long. */
const armedForMs = 15_000;

/** One instance of a service: process after process, as an orchestrator would start them. */
export class Instance {
  readonly service: ChaosService;
  readonly name: string;
  readonly #options: InstanceOptions;
  readonly #stopping = new AbortController();
  /** Stopped ones that another process has replaced. */
  readonly #zombies = new Set<Life>();
  #life: Life | null = null;
  #isFrozen = false;
  #armed = "";
  #leading: Promise<void> = Promise.resolve();
  lives = 0;

  constructor(options: InstanceOptions) {
    this.service = options.service;
    this.name = options.name;
    this.#options = options;
  }

  start(): void {
    this.#leading = this.#lead();
  }

  /** Runs, has joined its group, and does not stand still. */
  get isWell(): boolean {
    return this.#life?.isRunning() === true && this.#life.joinedAt !== null && !this.#isFrozen;
  }

  get isArmed(): boolean {
    return this.#armed !== "";
  }

  kill(): void {
    this.#life?.kill();
  }

  /** From now on it dies at these points. */
  arm(crashAt: string): void {
    this.#armed = crashAt;
    this.#life?.arm(crashAt);
  }

  tell(message: object): void {
    this.#life?.tell(message);
  }

  /**
   * Stands still from now on, or from the next of its transactions on, for so long. With `replaced`, another process takes its name
   * meanwhile. Answers how it stood still, and null when it did not.
   */
  async freeze({
    forMs,
    at,
    replaced,
  }: {
    forMs: number;
    at: string | null;
    replaced: boolean;
  }): Promise<"anywhere" | "in a transaction" | null> {
    const life = this.#life;
    if (life === null || !this.isWell) return null;
    if (at !== null) {
      this.arm(`${at}@1!`);
      const deadline = performance.now() + armedForMs;
      while (life.soFar().stoppedAt === null && life.isRunning() && performance.now() < deadline) await pause(20);
      this.arm("");
    }
    const inTransaction = life.soFar().stoppedAt !== null;
    if (!life.isRunning()) return null;
    // Where nothing came by, it stands still wherever it is.
    life.freeze();
    this.#isFrozen = true;
    if (replaced) {
      this.#zombies.add(life);
      this.#replaced?.();
      this.#isFrozen = false;
    }
    await Promise.race([pause(forMs), life.ended]);
    life.thaw();
    if (replaced) {
      // It finds that its place is taken, and ends by itself; it is not waited for without end.
      const late = setTimeout(() => life.kill(), stopWithinMs);
      await life.ended;
      clearTimeout(late);
      this.#zombies.delete(life);
    }
    this.#isFrozen = false;
    return inTransaction ? "in a transaction" : "anywhere";
  }

  /** SIGTERM; settles when the next process has joined. */
  async restart(): Promise<void> {
    const before = this.lives;
    const life = this.#life;
    if (life === null) return;
    life.askToStop();
    const late = setTimeout(() => life.kill(), stopWithinMs);
    await life.ended;
    clearTimeout(late);
    while (!this.#stopping.signal.aborted && !(this.lives > before && this.isWell)) await pause(50);
  }

  /** No more of it. Those that run are asked to close, and end. */
  async stop({ kindly }: { kindly: boolean }): Promise<void> {
    this.#stopping.abort();
    for (const zombie of this.#zombies) zombie.kill();
    const life = this.#life;
    if (kindly) {
      life?.thaw();
      life?.askToStop();
    } else life?.kill();
    const late = setTimeout(() => life?.kill(), stopWithinMs);
    await life?.ended;
    clearTimeout(late);
    await this.#leading;
  }

  /** Shorter when there shall be no more of it. */
  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  #replaced: (() => void) | undefined;

  async #lead(): Promise<void> {
    const { service, name, folder, env, crashAt, onDeath } = this.#options;
    let failedStarts = 0;
    while (!this.#stopping.signal.aborted) {
      this.#armed = crashAt();
      this.lives++;
      const life = beginLife({
        folder,
        name,
        program: fileURLToPath(new URL(`services/${service}.ts`, import.meta.url)),
        crashAt: this.#armed,
        env: { ...env(), THROUGHLINE_INSTANCE: name },
      });
      this.#life = life;
      const replaced = new Promise<"replaced">((resolve) => (this.#replaced = () => resolve("replaced")));
      const ended = await Promise.race([life.ended, replaced]);
      if (ended === "replaced") continue;
      onDeath(this, ended);
      failedStarts = life.joinedAt === null && ended.code !== null ? failedStarts + 1 : 0;
      await this.#pause(Math.min(longestRestartMs, restartAfterMs * 2 ** failedStarts));
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
