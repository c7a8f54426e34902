import { crashPoint } from "../crash/index.ts";
import { withSequence } from "../envelope/index.ts";
import { isThroughlineError } from "../errors/index.ts";
import { failureDetail } from "../handling/failure.ts";
import { waitFor } from "../handling/retry-wait.ts";
import type { ServiceScope } from "../handling/scope.ts";
import { Wakeup } from "../handling/wakeup.ts";
import type { AppendResult, NewRecord } from "../seams/event-log.ts";
import type { OutboxRow } from "../seams/store.ts";
import { isSystemTopic } from "../system-topics/index.ts";

const batchSize = 500;
const leaseMs = 10_000;
const pollMs = 1_000;

/**
 * Carries outbox rows to the log (R2). One relay of a store works at a time, by a lease. Each round: number the oldest rows,
 * durably; append them; remove those that the log took, in the transaction that numbers the next ones. A crash between append
 * and removal appends a row again, with the same id and number; the rows before it were appended before, so first appearances
 * stay in order.
 */
export class OutboxRelay {
  readonly #scope: ServiceScope<unknown>;
  readonly #wakeup: Wakeup;
  readonly #owner: string;
  readonly #topics = new Set<string>();
  readonly #ensureTopic: (topic: string) => Promise<void>;
  #done: Promise<void> = Promise.resolve();
  #sent: number[] = [];
  #failures = 0;
  #warnedOfSystemTopic = false;

  constructor(scope: ServiceScope<unknown>, options: { ensureTopic: (topic: string) => Promise<void> }) {
    this.#scope = scope;
    this.#wakeup = new Wakeup(scope.surroundings.clock);
    this.#owner = scope.identity.instance;
    this.#ensureTopic = options.ensureTopic;
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
    while (!signal.aborted) {
      const isEmpty = await this.#round().catch((error: unknown) => this.#afterFailure(error, signal));
      if (isEmpty) await this.#wakeup.next(pollMs, signal);
    }
    // What the last transactions published leaves before the service does.
    while (!(await this.#round().catch(() => true)));
    await this.#scope.store.unitOfWork((unit) => unit.leases.release("relay", this.#owner)).catch(() => undefined);
  }

  /** True when nothing is left to send. */
  async #round(): Promise<boolean> {
    const { store, surroundings } = this.#scope;
    const sent = this.#sent;
    const rows = await store.unitOfWork(async (unit) => {
      const nowMs = surroundings.clock.now();
      if (!(await unit.leases.acquire("relay", this.#owner, nowMs, nowMs + leaseMs))) return null;
      if (sent.length > 0) await unit.outbox.sent(sent);
      const numbered = await unit.outbox.number(batchSize);
      crashPoint("relay.before-number-commit");
      return numbered;
    });
    this.#sent = [];
    if (rows === null || rows.length === 0) return true;
    await this.#ensureTopics(rows);
    crashPoint("relay.after-number");
    const results = await this.#scope.log.append(rows.map(recordOf));
    crashPoint("relay.after-send");
    await this.#book(rows, results);
    this.#failures = 0;
    return false;
  }

  async #book(rows: readonly OutboxRow[], results: readonly AppendResult[]): Promise<void> {
    let blockedBy: Error | null = null;
    for (const [index, result] of results.entries()) {
      const row = rows[index];
      if (row === undefined) continue;
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

  async #afterFailure(error: unknown, signal: AbortSignal): Promise<boolean> {
    this.#failures++;
    this.#topics.clear();
    const isConflict = isThroughlineError(error, "TX_CONFLICT");
    if (!isConflict && (this.#failures === 1 || this.#failures % 20 === 0)) {
      this.#scope.logger.warn(
        { err: error, failures: this.#failures },
        "the outbox cannot be carried to the log; its events wait in the store, and nothing is lost",
      );
    }
    await waitFor(this.#scope.surroundings, isConflict ? 5 : Math.min(5_000, 50 * 2 ** Math.min(this.#failures, 10)), signal);
    return false;
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
