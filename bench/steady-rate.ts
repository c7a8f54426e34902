import type { Measured } from "./bench-row.ts";

const perSecond = 1_000;

/** Events at a steady rate of 1,000 a second: when each was due, and how long it took from then. */
export class SteadyRate {
  readonly #skip: number;
  readonly #latencies: number[] = [];
  readonly #seen: Uint8Array;
  readonly #expected: number;
  readonly #all = Promise.withResolvers<void>();
  #startedAt = 0;
  #arrived = 0;

  /**
   * Of so many events; the first tenth is not counted: connections open, code is compiled.
   * @param arrives Whether the `index`th event is expected; default: all are.
   */
  constructor(count: number, arrives: (index: number) => boolean = () => true) {
    this.#skip = Math.floor(count / 10);
    this.#seen = new Uint8Array(count);
    this.#expected = this.#seen.reduce((sum, _, index) => sum + (arrives(index) ? 1 : 0), 0);
  }

  /**
   * Calls `publish` for each event when it is due, without waiting for the last, and resolves when all have arrived. What comes
   * late because this process was busy counts from when it was due.
   */
  async run(publish: (index: number) => Promise<unknown>): Promise<void> {
    this.#startedAt = performance.now();
    const failed = Promise.withResolvers<never>();
    const offered = (async () => {
      for (let index = 0; index < this.#seen.length;) {
        for (; index < this.#seen.length && this.#dueAt(index) <= performance.now(); index += 1)
          publish(index).catch(failed.reject);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    await Promise.race([Promise.all([offered, this.#all.promise]), failed.promise]);
  }

  /** Notes that the `index`th event has arrived. Coming again counts for nothing. */
  arrived(index: number): void {
    if (this.#seen[index] !== 0) return;
    this.#seen[index] = 1;
    this.#arrived += 1;
    if (index >= this.#skip) this.#latencies.push(performance.now() - this.#dueAt(index));
    if (this.#arrived === this.#expected) this.#all.resolve();
  }

  /** In milliseconds: so many hundredths of the events were at least as fast. */
  percentile(percent: number): number {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
  }

  #dueAt(index: number): number {
    return this.#startedAt + (index * 1_000) / perSecond;
  }
}

/** As a row's figure: the 99th percentile, with the others in a note. */
export function latencyOf(rate: SteadyRate, who: string): Measured {
  const [p50, p99, p999] = [50, 99, 99.9].map((percent) => rate.percentile(percent).toFixed(1));
  return { figure: rate.percentile(99), note: `${who}: p50 ${p50} ms, p99 ${p99} ms, p99.9 ${p999} ms` };
}
