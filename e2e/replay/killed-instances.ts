import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as wait } from "node:timers/promises";
import { seededRandom } from "../../examples/shop/driver/seeded-random.ts";
import { type ShopProcess, startProcess } from "../../examples/shop/driver/shop-process.ts";
import { until } from "../../examples/shop/driver/until.ts";

const main = fileURLToPath(new URL("ledger-main.ts", import.meta.url));

interface Options {
  readonly folder: string;
  readonly instances: number;
  readonly seed: number;
  /** How far each partition was handled, by any key; what did not move since the kill before last is not killed again. */
  readonly cursors: () => ReadonlyMap<string, { readonly offset: number; readonly isAtEnd: boolean }>;
}

/**
 * Instances of the ledger, each killed with kill -9 again and again, a few hundred milliseconds after it has started, and
 * started anew. No event is hit more than twice in a row: a kill waits until every partition with work has moved since the one
 * before the last.
 */
export class KilledInstances {
  kills = 0;
  readonly #options: Options;
  readonly #random: () => number;
  readonly #processes = new Map<string, ShopProcess>();
  readonly #before: ReadonlyMap<string, { readonly offset: number }>[] = [];
  #loops: Promise<void>[] = [];
  #isKilling = false;
  /** How long a start takes: on a machine under load an instance must live longer, too, to get anything done. */
  #startMs = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  async start(): Promise<void> {
    await Promise.all(this.#names().map((name) => this.#start(name)));
  }

  kill(): void {
    this.#isKilling = true;
    this.#loops = this.#names().map((name) => this.#loop(name));
  }

  /** Kills no more, and settles when every instance runs. */
  async stopKilling(): Promise<void> {
    this.#isKilling = false;
    await Promise.all(this.#loops);
  }

  async close(): Promise<void> {
    await this.stopKilling();
    await Promise.all([...this.#processes.values()].map((process) => process.stop()));
  }

  async #loop(name: string): Promise<void> {
    while (this.#isKilling) {
      await wait(this.#random() * Math.max(500, this.#startMs));
      if (!this.#isKilling) return;
      if (!this.#mayKill()) continue;
      this.#before.push(this.#options.cursors());
      this.kills++;
      await this.#processes.get(name)?.kill();
      const starting = this.#start(name);
      // One in four dies while it starts.
      if (this.#random() < 0.25) {
        await wait(this.#random() * this.#startMs);
        await this.#processes.get(name)?.kill();
        await starting;
        await this.#start(name);
      } else await starting;
    }
  }

  #mayKill(): boolean {
    const [before] = this.#before.slice(-2);
    if (before === undefined || this.#before.length < 2) return true;
    return [...this.#options.cursors()].every(([place, { offset, isAtEnd }]) => isAtEnd || offset !== before.get(place)?.offset);
  }

  async #start(name: string): Promise<void> {
    const { folder } = this.#options;
    const started = startProcess({
      name,
      main,
      env: { FOLDER: folder, INSTANCE: name },
      logFile: join(folder, "logs", `${name}.log`),
    });
    this.#processes.set(name, started);
    const startedAt = performance.now();
    const isStarted = (): boolean =>
      !started.isRunning() || readFileSync(join(folder, `${name}.started`), "utf8") === String(started.pid);
    await until(`${name} has started (see ${folder}/logs)`, isStarted, { timeoutMs: 60_000, everyMs: 20 });
    if (started.hasCrashed()) throw new Error(`${name} ended by itself; see ${folder}/logs`);
    this.#startMs = performance.now() - startedAt;
  }

  #names(): string[] {
    return Array.from({ length: this.#options.instances }, (_, i) => `ledger-${i + 1}`);
  }
}
