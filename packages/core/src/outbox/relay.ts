import { crashPoint } from "../crash/index.ts";
import { newEventId, withSequence } from "../envelope/index.ts";
import { isThroughlineError } from "../errors/index.ts";
import { failureDetail } from "../handling/failure.ts";
import { waitFor } from "../handling/retry-wait.ts";
import type { ServiceScope } from "../handling/scope.ts";
import { Wakeup } from "../handling/wakeup.ts";
import type { WatchedLoop } from "../metrics/loop-watch.ts";
import type { AppendResult, NewRecord } from "../seams/event-log.ts";
import type { Numbering, OutboxRow, StoreBehind } from "../seams/store.ts";
import { isSystemTopic, type OutboxMark } from "../system-topics/index.ts";
import { compareWithLog, type LastNumbers, whatTheMarkSays } from "./compare-with-log.ts";
import { lastMark } from "./last-mark.ts";
import { MarkWriter } from "./mark-writer.ts";
import { storeBehind } from "./store-behind.ts";
import { within } from "./within.ts";

const batchSize = 500;
const leaseMs = 10_000;
const pollMs = 1_000;

/** A relay that could not read the mark tries again after this long. */
const compareAgainMs = 30_000;
const markPatienceMs = 5_000;
/** How long a log that is away is waited for before the store is used uncompared. */
const comparePatienceMs = 30_000;

/** What a round found: more may wait, nothing waits (or another relay works), or the store is behind the log. */
type RoundOutcome = "more" | "idle" | "behind";

interface Round {
  readonly rows: readonly OutboxRow[];
  readonly numbering: Numbering;
  readonly id: string;
}

/**
 * Carries outbox rows to the log (R2). One relay of a store works at a time, by a lease. Each round: number the oldest rows,
 * durably; append them; remove those that the log took, in the transaction that numbers the next ones. A crash between append
 * and removal appends a row again, with the same id and number; the rows before it were appended before, so first appearances
 * stay in order.
 *
 * Each round leaves its id in the store. A relay that does not find its last one there does not know this store: it is new,
 * another relay worked meanwhile, or the store was put back. Then, before it gives or removes anything, it compares the store
 * with the log, and stops if the log knows more.
 */
export class OutboxRelay {
  readonly #scope: ServiceScope<unknown>;
  readonly #wakeup: Wakeup;
  readonly #owner: string;
  readonly #topics = new Set<string>();
  readonly #ensureTopic: (topic: string) => Promise<void>;
  readonly #marks: MarkWriter;
  /** Since this process started. */
  readonly metrics = { sent: 0, refused: 0, failures: 0 };
  readonly #watch: WatchedLoop;
  #done: Promise<void> = Promise.resolve();
  #sent: number[] = [];
  #failures = 0;
  #warnedOfSystemTopic = false;
  /** The id that its last round left in the store. */
  #roundId: string | null = null;
  /** As the last round found it. */
  #numbering: Numbering | null = null;
  /** When the mark is to be read again because it could not be; null while it need not. */
  #compareAtMs: number | null = null;
  #compareFailsSinceMs: number | null = null;
  /** The store as it was found when the mark could not be read. */
  #uncompared: Numbering | null = null;
  #isBehind = false;
  readonly #onStateChange: () => void;

  constructor(
    scope: ServiceScope<unknown>,
    options: { ensureTopic: (topic: string) => Promise<void>; onStateChange: () => void },
  ) {
    this.#scope = scope;
    this.#wakeup = new Wakeup(scope.surroundings.clock);
    this.#watch = scope.loops.loop("the outbox relay");
    this.#owner = scope.identity.instance;
    this.#ensureTopic = options.ensureTopic;
    this.#marks = new MarkWriter(scope, options);
    this.#onStateChange = options.onStateChange;
  }

  start(signal: AbortSignal): void {
    this.#done = this.#loop(signal);
  }

  wake(): void {
    this.#wakeup.wake();
  }

  /** Settles when the loop has ended, after its signal aborted, and what was waiting then was tried once more. */
  async close(): Promise<void> {
    this.#wakeup.wake();
    await this.#done;
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { store, surroundings } = this.#scope;
    while (!signal.aborted) {
      this.#watch.turn();
      const outcome = await this.#round(signal).catch((error: unknown) => this.#afterFailure(error, signal));
      if (outcome === "idle") await this.#wakeup.next(pollMs, signal);
      // What is published meanwhile is no reason to look.
      if (outcome === "behind") await waitFor(surroundings, pollMs, signal);
    }
    this.#watch.rest();
    // What the last transactions published leaves before the service does.
    while ((await this.#round(this.#scope.deadline).catch(() => "idle")) === "more");
    if (this.#numbering !== null && this.#compareAtMs === null) await this.#marks.flush(this.#numbering);
    await store.unitOfWork((unit) => unit.leases.release("relay", this.#owner)).catch(() => undefined);
  }

  async #round(signal: AbortSignal): Promise<RoundOutcome> {
    const round = await this.#begin();
    if (round === "idle") return "idle";
    if (round === "unknown-store") return this.#adopt(signal);
    if ("why" in round) return this.#stopped(round.why);
    this.#sent = [];
    const { rows, numbering } = round;
    this.#roundId = round.id;
    this.#numbering = numbering;
    this.#goesOn(numbering);
    const isMarking = this.#compareAtMs === null;
    if (isMarking) this.#marks.keep(numbering);
    if (rows.length === 0) return "idle";
    await this.#ensureTopics(rows);
    if (isMarking) await this.#marks.know(rows, numbering);
    crashPoint("relay.after-number");
    const results = await this.#scope.log.append(rows.map(recordOf));
    crashPoint("relay.after-send");
    this.#marks.sent(rows, results);
    await this.#book(rows, results);
    this.#failures = 0;
    return "more";
  }

  /** Removes what the last round sent and numbers what is next, in the store that it knows. */
  async #begin(): Promise<Round | StoreBehind | "idle" | "unknown-store"> {
    const { store, surroundings } = this.#scope;
    const sent = this.#sent;
    return store.unitOfWork(async (unit) => {
      const atMs = surroundings.clock.now();
      if (!(await unit.leases.acquire("relay", this.#owner, atMs, atMs + leaseMs))) return "idle";
      const numbering = await unit.outbox.numbering();
      if (numbering.behind !== null) return numbering.behind;
      const isKnown = this.#roundId !== null && numbering.round?.id === this.#roundId;
      const isToBeCompared = this.#compareAtMs !== null && atMs >= this.#compareAtMs;
      if (!isKnown || isToBeCompared) return "unknown-store";
      if (sent.length > 0) await unit.outbox.sent(sent);
      const id = newEventId(surroundings);
      await unit.outbox.beginRound({ id, atMs });
      const rows = await unit.outbox.number(batchSize);
      crashPoint("relay.before-number-commit");
      return { rows, numbering, id };
    });
  }

  /** Compares a store that it does not know with the log, and makes it its own, or notes in it that it is behind. */
  async #adopt(signal: AbortSignal): Promise<"more" | "idle"> {
    const { store, surroundings } = this.#scope;
    const found = await store.unitOfWork((unit) => unit.outbox.numbering());
    // Otherwise they may be tickets of a store that is no more, and stand for other rows in this one.
    if (found.round?.id !== this.#roundId) this.#sent = [];
    const why = await this.#compare(found, signal);
    const id = newEventId(surroundings);
    const adopted = await store.unitOfWork(async (unit) => {
      const atMs = surroundings.clock.now();
      if (!(await unit.leases.acquire("relay", this.#owner, atMs, atMs + leaseMs))) return null;
      const now = await unit.outbox.numbering();
      // Put back once more, or another relay went on with it: the next round compares again.
      if (now.round?.id !== found.round?.id || now.sequenceEpoch !== found.sequenceEpoch) return false;
      if (why === null) await unit.outbox.beginRound({ id, atMs });
      else await unit.outbox.stopBehind({ sinceMs: atMs, why });
      return why === null;
    });
    if (adopted === true) this.#roundId = id;
    return adopted === null ? "idle" : "more";
  }

  async #compare(found: Numbering, signal: AbortSignal): Promise<string | null> {
    const { log, surroundings, identity } = this.#scope;
    const { clock } = surroundings;
    const remembered = this.#numbering === null ? null : whatTheMarkSays(this.#asMark(this.#numbering), found);
    if (remembered !== null) return remembered;
    // What was numbered since it could not be compared hides what it lacked then.
    const numbering = this.#uncompared ?? found;
    let storeFailure: unknown;
    const lastNumbers: LastNumbers = (subjects) =>
      this.#lastNumbers(subjects).catch((error: unknown) => {
        storeFailure = error;
        throw error;
      });
    try {
      const mark = await within(clock, markPatienceMs, (ending) => lastMark(log, identity.service, ending));
      const why = await compareWithLog(log, { service: identity.service, numbering, lastNumbers }, mark, signal);
      this.#uncompared = null;
      this.#compareAtMs = null;
      this.#compareFailsSinceMs = null;
      this.#marks.begin(mark);
      return why;
    } catch (error) {
      if (signal.aborted || error === storeFailure) throw error;
      this.#goOnUncompared(numbering, error);
      return null;
    }
  }

  /**
   * What cannot be read is a warning, and nothing waits for it (R14). A log that is away is waited for, for nothing can be sent to
   * it, either; but not for ever, for it may be its marks alone.
   */
  #goOnUncompared(numbering: Numbering, error: unknown): void {
    const nowMs = this.#scope.surroundings.clock.now();
    this.#compareFailsSinceMs ??= nowMs;
    const mayBeAway = isThroughlineError(error) && error.retryable;
    if (mayBeAway && nowMs - this.#compareFailsSinceMs < comparePatienceMs) throw error;
    if (this.#uncompared === null)
      this.#scope.logger.warn(
        { err: error },
        "the store's mark cannot be read, so nobody knows whether the store was put back to an older state; publishing goes on, and the mark is tried again",
      );
    this.#uncompared = numbering;
    this.#compareAtMs = nowMs + compareAgainMs;
  }

  #lastNumbers(subjects: Parameters<LastNumbers>[0]): Promise<number[]> {
    const { store, surroundings } = this.#scope;
    return store.unitOfWork(async (unit) => {
      const nowMs = surroundings.clock.now();
      // A long comparison keeps its lease.
      await unit.leases.acquire("relay", this.#owner, nowMs, nowMs + leaseMs);
      return unit.outbox.lastNumbers(subjects);
    });
  }

  #asMark({ storeId, sequenceEpoch, given, round }: Numbering): OutboxMark {
    const { service } = this.#scope.identity;
    return { service, storeId, sequenceEpoch, given, atMs: round?.atMs ?? 0, ends: {} };
  }

  #stopped(why: string): "behind" {
    if (!this.#isBehind) {
      const error = storeBehind(this.#scope, { why });
      this.#scope.logger.error({ err: error }, error.message);
      this.#isBehind = true;
      this.#onStateChange();
    }
    return "behind";
  }

  #goesOn({ sequenceEpoch }: Numbering): void {
    if (!this.#isBehind) return;
    this.#isBehind = false;
    this.#scope.logger.info({ sequenceEpoch }, `publishing goes on, in numbering ${sequenceEpoch}`);
    this.#onStateChange();
  }

  async #book(rows: readonly OutboxRow[], results: readonly AppendResult[]): Promise<void> {
    let blockedBy: Error | null = null;
    for (const [index, result] of results.entries()) {
      const row = rows[index];
      if (row === undefined) continue;
      if (result.ok) this.metrics.sent++;
      if (result.ok || this.#mayBeDropped(row, result.error)) this.#sent.push(row.ticket);
      else if (result.error.retryable) blockedBy ??= result.error;
      else await this.#stop(row, result.error);
    }
    // Nothing moved: wait a little before the same rows are tried again.
    if (blockedBy !== null && this.#sent.length === 0) throw blockedBy;
  }

  /** A system topic that is full, forbidden or gone costs a warning, and nothing waits for it (R14). */
  #mayBeDropped(row: OutboxRow, error: Error): boolean {
    if (!isSystemTopic(row.topic)) return false;
    if (!this.#warnedOfSystemTopic)
      this.#scope.logger.warn(
        { topic: row.topic, err: error },
        "the log refuses a system topic; its records are dropped, and everything else goes on",
      );
    this.#warnedOfSystemTopic = true;
    return true;
  }

  async #stop(row: OutboxRow, error: Error): Promise<void> {
    this.metrics.refused++;
    const { store, surroundings, logger } = this.#scope;
    logger.error(
      { topic: row.topic, subject: row.subject, eventId: row.eventId, err: error },
      "the log refused an event for good; publishing of its subject stops until it is repaired",
    );
    await store.unitOfWork((unit) => unit.outbox.stop(row.ticket, failureDetail(error), surroundings.clock.now()));
  }

  async #ensureTopics(rows: readonly OutboxRow[]): Promise<void> {
    for (const { topic } of rows) {
      if (this.#topics.has(topic)) continue;
      await this.#ensureTopic(topic);
      this.#topics.add(topic);
    }
  }

  async #afterFailure(error: unknown, signal: AbortSignal): Promise<"more"> {
    this.#failures++;
    this.metrics.failures++;
    this.#topics.clear();
    const isConflict = isThroughlineError(error, "TX_CONFLICT");
    if (!isConflict && (this.#failures === 1 || this.#failures % 20 === 0)) {
      this.#scope.logger.warn(
        { err: error, failures: this.#failures },
        "the outbox cannot be carried to the log; its events wait in the store, and nothing is lost",
      );
    }
    await waitFor(this.#scope.surroundings, isConflict ? 5 : Math.min(5_000, 50 * 2 ** Math.min(this.#failures, 10)), signal);
    return "more";
  }
}

function recordOf(row: OutboxRow): NewRecord {
  const { topic, key, value } = row;
  return {
    topic,
    key,
    value,
    headers: row.sequence === null ? row.headers : withSequence(row.headers, row.sequence, row.sequenceEpoch),
  };
}
