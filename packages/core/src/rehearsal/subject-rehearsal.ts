import { coreError, isThroughlineError } from "../errors/index.ts";
import { deliveryKey, type ParkedDelivery } from "../handling/delivery.ts";
import { failureDetail } from "../handling/failure.ts";
import type { HandlerState } from "../handling/handler-state.ts";
import { type HandlerTransaction, liveMode } from "../handling/handler-transaction.ts";
import { contractData, personalValuesOfDelivery } from "../handling/outcome-book.ts";
import { parkedTransaction } from "../handling/parked-transaction.ts";
import type { ServiceScope } from "../handling/scope.ts";
import { mostRows } from "../handling/subject-states.ts";
import { answerRedrive } from "../redrive/redrive-requests.ts";
import type { ParkedRow, UnitOfWork } from "../seams/store.ts";
import { LetterResults } from "./letter-results.ts";
import type { RehearsalLetter, RehearsalOptions, RehearsedLetter } from "./rehearsal.ts";

/**
 * The letters of one handler and subject, redriven and handled in one transaction that is rolled back: by the very code that
 * answers requests and runs parked events, so that it can come to nothing else. What waits between them is run, too.
 */
export class SubjectRehearsal<Tx> {
  readonly #scope: ServiceScope<Tx>;
  readonly #handler: HandlerState<Tx>;
  readonly #letters: readonly RehearsalLetter[];
  readonly #options: RehearsalOptions;
  /** What ended the whole transaction before, by the event's key: it fails without being run again. */
  readonly failures = new Map<string, unknown>();
  /** The event whose handler was run last in the transaction, by its key, and how many were before it. */
  underWay: { readonly key: string; readonly before: number } | null = null;
  /** The event that comes to no result: it and those behind it are left out. */
  #stopAt: string | null = null;

  constructor(
    scope: ServiceScope<Tx>,
    handler: HandlerState<Tx>,
    letters: readonly RehearsalLetter[],
    options: RehearsalOptions,
  ) {
    this.#scope = scope;
    this.#handler = handler;
    this.#letters = letters;
    this.#options = options;
  }

  /** Leaves out this event and what comes behind it. */
  stopAt(key: string): void {
    this.#stopAt = key;
  }

  /** One transaction. Rejects with `TransactionAbandoned` as a drain's would. */
  async run(): Promise<RehearsedLetter[]> {
    const results = new LetterResults(this.#letters);
    let transactions: HandlerTransaction<Tx>[] = [];
    try {
      await this.#scope.store.unitOfWork(
        async (unit) => {
          transactions = [];
          this.underWay = null;
          const rows = await this.#redrive(unit, results);
          const runs = Map.groupBy(rows, ({ epoch, stream }) => `${epoch} ${stream}`);
          const endsAt = this.#scope.surroundings.clock.monotonic() + this.#scope.store.transactionLimitMs / 2;
          for (const of of runs.values()) transactions.push(await this.#handle(unit, of, results, endsAt));
        },
        { isRehearsal: true },
      );
    } finally {
      for (const { writes } of transactions) writes.rolledBack();
    }
    return results.all();
  }

  /** Gives them their places again, as their redrive would; answers with those that have one. */
  async #redrive(unit: UnitOfWork<Tx>, results: LetterResults): Promise<ParkedRow[]> {
    const rows: ParkedRow[] = [];
    for (const letter of this.#letters) {
      const { failureId, original } = letter;
      const before = await unit.parked.get(failureId);
      if (before !== null && before.handlerId !== this.#handler.id) {
        results.set(failureId, "unknown", "it is a failure of another handler");
        continue;
      }
      const record = original ?? before?.record;
      if (record === undefined) {
        results.set(failureId, "unknown", "the store does not hold it, and it was given without its record");
        continue;
      }
      const { outcome, why } = await answerRedrive(this.#scope, unit, this.#handler, {
        requestId: failureId,
        action: "redrive",
        service: this.#scope.identity.service,
        handler: letter.handler,
        failureId,
        by: "rehearsal",
        reason: null,
        atMs: this.#scope.surroundings.clock.now(),
        original: record,
        editedValue: null,
        ...(letter.valueOmitted === true ? { valueOmitted: true as const } : {}),
        force: false,
      });
      const row = outcome === "parked" ? await unit.parked.get(failureId) : null;
      if (row === null) results.set(failureId, "refused", why);
      else rows.push(row);
    }
    return rows;
  }

  async #handle(
    unit: UnitOfWork<Tx>,
    rows: readonly ParkedRow[],
    results: LetterResults,
    endsAt: number,
  ): Promise<HandlerTransaction<Tx>> {
    const { store } = this.#scope;
    // What a statement sets is undone with the transaction, where the database does that.
    const mode = { savepoint: true, alone: store.features.transactionSettings };
    const transaction = parkedTransaction(this.#scope, this.#handler, unit, rows[0] as ParkedRow, {
      mode,
      replay: liveMode,
      failures: this.failures,
    });
    const queues = await transaction.openQueues(rows, mostRows);
    const left = new Set(rows.map(({ id }) => id));
    for (const queue of queues.toSorted(byPlace)) {
      for (const delivery of queue) {
        const { id } = delivery.parked;
        if (!queue.some(({ parked }) => left.has(parked.id))) break;
        if (this.#options.signal?.aborted === true || deliveryKey(delivery) === this.#stopAt) return transaction;
        const went = await this.#step(transaction, delivery, results, endsAt);
        if (went === "no-time") return results.outOfTime(left, transaction);
        if (went === "stop") break;
        left.delete(id);
      }
    }
    results.behind(left);
    return transaction;
  }

  /** `stop`: what stands behind it must wait. */
  async #step(
    transaction: HandlerTransaction<Tx>,
    delivery: ParkedDelivery,
    results: LetterResults,
    endsAt: number,
  ): Promise<"next" | "stop" | "no-time"> {
    const { outbox } = transaction.writes;
    const before = outbox.length;
    // What on call holds is rehearsed: a hold is no fault of the build.
    const admission = await transaction.admit(delivery, { mayHold: false });
    if (admission === "run" && this.#scope.surroundings.clock.monotonic() > endsAt) return "no-time";
    if (admission === "run") await this.#runEvent(transaction, delivery, results);
    results.take(delivery, outbox.slice(before));
    return admission === "stop" || results.isWaiting(delivery.parked.id) ? "stop" : "next";
  }

  async #runEvent(transaction: HandlerTransaction<Tx>, delivery: ParkedDelivery, results: LetterResults): Promise<void> {
    const { id } = delivery.parked;
    const unread = this.#problemOf(delivery);
    if (unread !== null && isUnknownYet(unread)) {
      results.set(id, "waits", failureDetail(unread, personalValuesOfDelivery(this.#handler.spec, delivery)).message);
      return;
    }
    if (this.#handler.spec.work.kind === "call" && unread === null) {
      results.set(id, "calls", "its call is not made in a rehearsal");
      // What stands behind it is looked at as if it had succeeded.
      return transaction.succeed(delivery, 0);
    }
    const how = this.#options.crashed?.get(id);
    if (how !== undefined) this.failures.set(deliveryKey(delivery), coreError("REHEARSAL_CRASHED", { how }));
    else this.#options.onBegin?.(id);
    this.underWay = { key: deliveryKey(delivery), before: this.underWay === null ? 0 : this.underWay.before + 1 };
    await transaction.run(delivery);
  }

  #problemOf(delivery: ParkedDelivery): unknown {
    try {
      contractData(this.#handler.spec, delivery);
      return null;
    } catch (error) {
      return error;
    }
  }
}

const isUnknownYet = (error: unknown): boolean =>
  isThroughlineError(error, "EVENT_VERSION_UNKNOWN") || isThroughlineError(error, "EVENT_SCHEMA_UNKNOWN");

function byPlace(a: readonly ParkedDelivery[], b: readonly ParkedDelivery[]): number {
  const [one, other] = [a[0]?.record, b[0]?.record];
  if (one === undefined || other === undefined) return 0;
  return one.partition - other.partition || one.offset - other.offset;
}
