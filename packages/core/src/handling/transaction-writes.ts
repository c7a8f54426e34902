import type { HandlerLog } from "../logging/index.ts";
import { type HandlerMetrics, newTally } from "../metrics/handler-metrics.ts";
import type { InboxRow, NewOutboxRow, ParkedRow, PositionRow, Run, UnitOfWork } from "../seams/store.ts";

/**
 * What one transaction of a handler is going to write besides the handlers' own effects, collected while they run and written
 * at once before COMMIT. Nothing of it outlives a transaction that was rolled back.
 */
export class TransactionWrites {
  readonly inbox: InboxRow[] = [];
  readonly outbox: NewOutboxRow[] = [];
  /** Live events that were applied, for the range receipt. */
  readonly applied: { offset: number; micros: number }[] = [];
  /** Log lines that wait for the outcome. */
  readonly logs: HandlerLog[] = [];
  /** What else came of events, for the metrics. */
  readonly tally = newTally();
  readonly #metrics: HandlerMetrics;
  readonly #parkedAdded = new Map<string, ParkedRow>();
  readonly #parkedUpdated = new Map<string, ParkedRow>();
  readonly #parkedRemoved = new Set<string>();
  readonly #parkedLeased = new Map<string, ParkedRow>();
  readonly #afterCommit: (() => void)[] = [];
  #parkedDue = false;
  #parkedRows = 0;
  #hasChanged = false;

  constructor(metrics: HandlerMetrics) {
    this.#metrics = metrics;
  }

  /** True when a parked event was written. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /** True when something of it is due at once or later: the drain must look. */
  get wakesDrain(): boolean {
    return this.#parkedDue;
  }

  /** How many rows it added to those that are parked. */
  get parkedRows(): number {
    return this.#parkedRows;
  }

  park(row: ParkedRow): void {
    this.#parkedAdded.set(row.id, row);
    this.#parkedRows++;
    this.#parkedDue ||= row.dueAtMs !== null || row.logDueMs !== null;
  }

  updateParked(row: ParkedRow): void {
    if (this.#parkedAdded.has(row.id)) this.#parkedAdded.set(row.id, row);
    else this.#parkedUpdated.set(row.id, row);
    this.#parkedDue ||= row.dueAtMs !== null || row.logDueMs !== null;
  }

  /** Only lease and attempts of the row changed. */
  leaseParked(row: ParkedRow): void {
    this.#parkedLeased.set(row.id, row);
  }

  unpark(id: string): void {
    this.#parkedUpdated.delete(id);
    this.#parkedRemoved.add(id);
  }

  /** Events parked by this very transaction, which the store does not show yet. */
  parkedNow(): Iterable<ParkedRow> {
    return this.#parkedAdded.values();
  }

  /** Writes the parked events, so that they can be read back in this transaction. */
  async writeParked(unit: UnitOfWork<unknown>): Promise<void> {
    const { size } = this.#parkedAdded;
    this.#hasChanged ||= size + this.#parkedUpdated.size + this.#parkedLeased.size + this.#parkedRemoved.size > 0;
    if (this.#parkedAdded.size > 0) await unit.parked.add([...this.#parkedAdded.values()]);
    if (this.#parkedUpdated.size > 0) await unit.parked.update([...this.#parkedUpdated.values()]);
    if (this.#parkedLeased.size > 0) await unit.parked.lease([...this.#parkedLeased.values()]);
    if (this.#parkedRemoved.size > 0) await unit.parked.remove([...this.#parkedRemoved]);
    this.#parkedAdded.clear();
    this.#parkedLeased.clear();
    this.#parkedUpdated.clear();
    this.#parkedRemoved.clear();
  }

  /** @param positions Those that changed. */
  async write(
    unit: UnitOfWork<unknown>,
    run: Run,
    { stream, positions }: { readonly stream: string; readonly positions: readonly PositionRow[] },
  ): Promise<void> {
    await this.writeParked(unit);
    // None waits for the one before it: on a server each would cost a round trip.
    await Promise.all([
      this.inbox.length > 0 ? unit.inbox.add(run, this.inbox) : undefined,
      positions.length > 0 ? unit.positions.save(run, stream, positions) : undefined,
      this.outbox.length > 0 ? unit.outbox.add(this.outbox) : undefined,
    ]);
  }

  /** What is to be said when it has happened, and not if it was rolled back. */
  afterCommit(say: () => void): void {
    this.#afterCommit.push(say);
  }

  committed(): void {
    this.#metrics.committed(this.inbox, this.tally);
    for (const log of this.logs) log.commit();
    for (const say of this.#afterCommit) say();
  }

  rolledBack(): void {
    this.#metrics.rolledBack();
    for (const log of this.logs) log.rollback();
  }
}
