import type { Clock } from "../seams/runtime.ts";
import type { RunTally } from "./run-tally.ts";

/** The rule (R6): half of at least so many events, over at least so many subjects, failed within so long. */
const leastEvents = 20;
export const leastSubjects = 5;
const windowMs = 30_000;
/** Closes when events of so many subjects succeeded. */
export const enoughSubjects = 2;
/** While it is open, one new event and one parked one is run in so long. */
const turnMs = 1_000;
const sliceMs = 1_000;

/** First attempts that ended in one slice of the window. */
interface Slice {
  readonly startedAt: number;
  ok: number;
  failed: number;
  /** As many as matter. */
  readonly subjects: Set<string>;
}

/** What it saw when it opened. */
export interface Outage {
  readonly events: number;
  readonly failed: number;
}

/** Which of an open breaker's turns: for events fresh from the log, or for those that are parked. */
export type TurnKind = "new" | "parked";

/**
 * Tells an outage of what one handler works with from events that are bad (R6). It counts first attempts only: those that fail
 * are tried again and again, and would soon be all that is left to count, whatever became of the others. Pure: it is told what
 * came of runs whose transaction committed, and asked before the next ones.
 */
export class Breaker {
  readonly #clock: Clock;
  readonly #onChange: (outage: Outage | null) => void;
  #slices: Slice[] = [];
  #outage: Outage | null = null;
  readonly #succeeded = new Set<string>();
  readonly #nextTurn: Record<TurnKind, number> = { new: 0, parked: 0 };

  /** @param onChange Called with what it saw when it opens, and with null when it closes. */
  constructor(clock: Clock, onChange: (outage: Outage | null) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** While open, what fails spends no attempt, and events are run one at a time, in turns. */
  get isOpen(): boolean {
    return this.#outage !== null;
  }

  get outage(): Outage | null {
    return this.#outage;
  }

  /** What came of the runs of one committed transaction. */
  tell(runs: RunTally): void {
    if (this.#outage === null) this.#watch(runs);
    else this.#probe(runs);
  }

  /** Milliseconds until one more event may be run; 0 now, and always while it is closed. */
  untilTurn(kind: TurnKind): number {
    return this.#outage === null ? 0 : Math.max(0, Math.ceil(this.#nextTurn[kind] - this.#clock.monotonic()));
  }

  /** Takes a turn that is there. */
  takeTurn(kind: TurnKind): void {
    this.#nextTurn[kind] = this.#clock.monotonic() + turnMs;
  }

  #watch({ ok, failed, subjects }: RunTally): void {
    if (ok + failed === 0) return;
    const now = this.#clock.monotonic();
    const slice = this.#slice(now);
    slice.ok += ok;
    slice.failed += failed;
    for (const subject of subjects) if (slice.subjects.size < leastSubjects) slice.subjects.add(subject);
    if (failed > 0) this.#judge(now);
  }

  #slice(now: number): Slice {
    const last = this.#slices.at(-1);
    if (last !== undefined && now - last.startedAt < sliceMs) return last;
    const slice: Slice = { startedAt: now, ok: 0, failed: 0, subjects: new Set() };
    this.#slices = [...this.#slices.filter(({ startedAt }) => now - startedAt < windowMs), slice];
    return slice;
  }

  #judge(now: number): void {
    const seen = this.#slices.filter(({ startedAt }) => now - startedAt < windowMs);
    const failed = seen.reduce((sum, slice) => sum + slice.failed, 0);
    const events = seen.reduce((sum, slice) => sum + slice.ok, failed);
    if (events < leastEvents || failed * 2 < events) return;
    if (new Set(seen.flatMap((slice) => [...slice.subjects])).size < leastSubjects) return;
    this.#slices = [];
    this.#succeeded.clear();
    this.#outage = { events, failed };
    // What was just tried failed: the first turns come later.
    this.takeTurn("new");
    this.takeTurn("parked");
    this.#onChange(this.#outage);
  }

  #probe({ succeeded }: RunTally): void {
    for (const subject of succeeded) this.#succeeded.add(subject);
    if (this.#succeeded.size < enoughSubjects) return;
    this.#outage = null;
    this.#onChange(null);
  }
}
