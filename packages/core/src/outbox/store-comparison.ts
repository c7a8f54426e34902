import { isThroughlineError } from "../errors/index.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { Numbering } from "../seams/store.ts";
import type { OutboxMark } from "../system-topics/index.ts";
import { compareWithLog, type LastNumbers, whatTheMarkSays } from "./compare-with-log.ts";
import { lastMark } from "./last-mark.ts";
import { within } from "./within.ts";

/** What could not be compared is tried again after this long. */
const againMs = 30_000;
const markPatienceMs = 5_000;
/** How long a log that is away is waited for before the store is used uncompared. */
const patienceMs = 30_000;

interface Options {
  /** Reads the store's numbers; keeps the relay's lease meanwhile. */
  readonly lastNumbers: LastNumbers;
  /** The mark that the store was compared with. */
  readonly onCompared: (mark: OutboxMark | null) => void;
}

/**
 * Compares a store that a relay does not know with the log. What cannot be read is a warning, and nothing waits for it (R14): the
 * store is used uncompared, and compared again later, as it was found then.
 */
export class StoreComparison {
  readonly #scope: ServiceScope<unknown>;
  readonly #options: Options;
  #againAtMs: number | null = null;
  #failsSinceMs: number | null = null;
  /** The store as it was found when it could not be compared: what was numbered since hides what it lacked then. */
  #uncompared: Numbering | null = null;

  constructor(scope: ServiceScope<unknown>, options: Options) {
    this.#scope = scope;
    this.#options = options;
  }

  /** The store is used, and nobody knows whether it was put back. */
  get isUncompared(): boolean {
    return this.#uncompared !== null;
  }

  isDue(nowMs: number): boolean {
    return this.#againAtMs !== null && nowMs >= this.#againAtMs;
  }

  /**
   * What shows that the store is behind the log; null when nothing does, or nobody can tell.
   * @param remembered The store as the relay knew it.
   */
  async compare(found: Numbering, remembered: Numbering | null, signal: AbortSignal): Promise<string | null> {
    const { log, surroundings, identity } = this.#scope;
    const { service } = identity;
    const known = remembered === null ? null : whatTheMarkSays(asMark(service, remembered), found);
    if (known !== null) return known;
    const numbering = this.#uncompared ?? found;
    let storeFailure: unknown;
    const lastNumbers: LastNumbers = (subjects) =>
      this.#options.lastNumbers(subjects).catch((error: unknown) => {
        storeFailure = error;
        throw error;
      });
    try {
      const mark = await within(surroundings.clock, markPatienceMs, (ending) => lastMark(log, service, ending));
      const why = await compareWithLog(log, { service, numbering, lastNumbers }, mark, signal);
      this.#uncompared = null;
      this.#againAtMs = null;
      this.#failsSinceMs = null;
      this.#options.onCompared(mark);
      return why;
    } catch (error) {
      if (signal.aborted || error === storeFailure) throw error;
      this.#goOnWithout(numbering, error);
      return null;
    }
  }

  /** A log that is away is waited for, for nothing can be sent to it, either; but not for ever: it may be its marks alone. */
  #goOnWithout(numbering: Numbering, error: unknown): void {
    const nowMs = this.#scope.surroundings.clock.now();
    this.#failsSinceMs ??= nowMs;
    const mayBeAway = isThroughlineError(error) && error.retryable;
    if (mayBeAway && nowMs - this.#failsSinceMs < patienceMs) throw error;
    if (this.#uncompared === null)
      this.#scope.logger.warn(
        { err: error },
        "the store's mark cannot be read, so nobody knows whether the store was put back to an older state; publishing goes on, and the mark is tried again",
      );
    this.#uncompared = numbering;
    this.#againAtMs = nowMs + againMs;
  }
}

function asMark(service: string, { storeId, sequenceEpoch, given, round }: Numbering): OutboxMark {
  return { service, storeId, sequenceEpoch, given, atMs: round?.atMs ?? 0, ends: {} };
}
