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
import { isSystemTopic } from "../system-topics/index.ts";
import type { LastNumbers } from "./compare-with-log.ts";
import { MarkWriter } from "./mark-writer.ts";
import { storeBehind } from "./store-behind.ts";
import { StoreComparison } from "./store-comparison.ts";

/** Lanes that share its store publish some thousands between two turns of the relay: with fewer it would fall behind them. */
const batchSize = 5_000;
const leaseMs = 10_000;
const pollMs = 1_000;

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
  readonly #comparison: StoreComparison;
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
    this.#comparison = new StoreComparison(scope, {
      lastNumbers: (subjects) => this.#lastNumbers(subjects),
      onCompared: (mark) => this.#marks.begin(mark),
    });
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
    if (this.#numbering !== null && !this.#comparison.isUncompared) await this.#marks.flush(this.#numbering);
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
    // A mark of a store that may have been put back would hide that it was.
    const isMarking = !this.#comparison.isUncompared;
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
      // Not waited for one by one: the store carries it out in this order.
      const [isOurs, numbering] = await Promise.all([
        unit.leases.acquire("relay", this.#owner, atMs, atMs + leaseMs),
        unit.outbox.numbering(),
      ]);
      if (!isOurs) return "idle";
      if (numbering.behind !== null) return numbering.behind;
      const isKnown = this.#roundId !== null && numbering.round?.id === this.#roundId;
      if (!isKnown || this.#comparison.isDue(atMs)) return "unknown-store";
      const id = newEventId(surroundings);
      const [, , rows] = await Promise.all([
        unit.outbox.sent(sent),
        unit.outbox.beginRound({ id, atMs }),
        unit.outbox.number(batchSize),
      ]);
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
    const why = await this.#comparison.compare(found, this.#numbering, signal);
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

  #lastNumbers(subjects: Parameters<LastNumbers>[0]): Promise<number[]> {
    const { store, surroundings } = this.#scope;
    this.#watch.turn();
    return store.unitOfWork(async (unit) => {
      const nowMs = surroundings.clock.now();
      // A long comparison keeps its lease.
      await unit.leases.acquire("relay", this.#owner, nowMs, nowMs + leaseMs);
      return unit.outbox.lastNumbers(subjects);
    });
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
    await store.unitOfWork(async ({ outbox }) => {
      // In a store that was put back the ticket may be another row's: this one is refused once more when it is sent again.
      if ((await outbox.numbering()).round?.id !== this.#roundId) return;
      await outbox.stop(row.ticket, failureDetail(error), surroundings.clock.now());
    });
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
