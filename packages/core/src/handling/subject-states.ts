import { newEventId } from "../envelope/index.ts";
import { plainRecord } from "../packed-headers/index.ts";
import type { LostRange, ParkedRow, PositionRow, Run, UnitOfWork } from "../seams/store.ts";
import { type Delivery, deliveryKey } from "./delivery.ts";
import type { HandlerSpec } from "./handler-state.ts";
import { currentPosition, isOpen, positionAfter, type SequencedEvent } from "./order-decision.ts";
import type { ServiceScope } from "./scope.ts";
import { seesWhole } from "./start-cursors.ts";
import type { TransactionWrites } from "./transaction-writes.ts";

interface Setup<Tx> {
  readonly scope: ServiceScope<Tx>;
  readonly spec: HandlerSpec<Tx>;
  readonly run: Run;
  readonly stream: string;
  readonly unit: UnitOfWork<Tx>;
  readonly writes: TransactionWrites;
}

/** How much of a subject's queue is looked at in one transaction. */
export const mostRows = 1_000;
/** Enough to know what stands first, and whether anything stands behind it. */
const fewRows = 2;

/** What changes in a row when its event is held. */
export type HoldChange = Pick<ParkedRow, "reason" | "dueAtMs" | "logDueMs" | "attempts" | "lease"> & {
  readonly state?: ParkedRow["state"];
};

/**
 * The subjects that one transaction works on: their locks, positions and parked events, as they stand with what the
 * transaction did so far. Keeps each position's count of holding rows true, and the invariant of `ParkedRow`: what could run
 * next has a time at which it is tried.
 */
export class SubjectStates<Tx> {
  readonly #setup: Setup<Tx>;
  readonly #positions = new Map<string, PositionRow>();
  readonly #parkedOf = new Map<string, ParkedRow[]>();
  /** How many parked rows hold each subject; written with its position. */
  readonly #holding = new Map<string, number>();
  readonly #moved = new Set<string>();
  /** Subjects whose parked events this transaction works on: it holds their locks. */
  readonly #opened = new Set<string>();
  /** Those among them in which `advance` has nothing to do, as long as nothing is changed. */
  readonly #inOrder = new Set<string>();
  #locked: ReadonlySet<string> = new Set();
  #seesWhole = true;
  /** Where the run began on each partition, by `topicId/partition`: read where records were lost. */
  #origins: ReadonlyMap<string, number> | null = null;

  constructor(setup: Setup<Tx>) {
    this.#setup = setup;
  }

  get seesWhole(): boolean {
    return this.#seesWhole;
  }

  /** Takes the locks of live events' subjects that nobody else holds, and reads them. */
  async tryLoad(deliveries: readonly Delivery[], options: { seesWhole: boolean }): Promise<void> {
    const { unit, run, stream } = this.#setup;
    this.#seesWhole = options.seesWhole;
    const subjects = new Set<string>();
    for (const delivery of deliveries) subjects.add(subjectOf(delivery));
    if (subjects.size === 0) return;
    this.#locked = await unit.positions.lock(run, stream, [...subjects], { wait: false });
    for (const position of (await unit.positions.find(run, stream, [...this.#locked])).values()) {
      this.#positions.set(position.subject, position);
      if (position.parked > 0) this.#holding.set(position.subject, position.parked);
    }
    if (this.#holding.size === 0) return;
    // However much is parked of a subject: only what has the number of one of these events can be its twin.
    const mayHaveTwins = deliveries.filter((delivery) => (this.#holding.get(subjectOf(delivery)) ?? 0) > 0);
    if (mayHaveTwins.length === 0) return;
    const numbers = mayHaveTwins.map((delivery) => ({ subject: subjectOf(delivery), ...sequencedEvent(delivery, true) }));
    for (const row of await unit.parked.ofNumbers(run, stream, numbers))
      if (row.state === "waiting" || this.#setup.spec.holdsAfterDeadLetter)
        this.#parkedOf.set(row.subject, [...(this.#parkedOf.get(row.subject) ?? []), row]);
    // A new numbering waits for what is held of an older one, whatever its numbers.
    const renumbered = new Set(numbers.filter(({ sequenceEpoch }) => sequenceEpoch > 0).map(({ subject }) => subject));
    for (const subject of renumbered) await this.read(subject, mostRows);
  }

  /**
   * Waits for the locks of these subjects, and of these ids of events without order, then reads the positions. How many rows
   * hold a subject is counted anew by `advance`, for the rows are the truth: who could not get the lock has parked without
   * counting.
   */
  async load(subjects: readonly string[], ids: readonly string[] = []): Promise<void> {
    const { unit, run, stream } = this.#setup;
    this.#locked = await unit.positions.lock(run, stream, [...subjects, ...ids], { wait: true });
    if (subjects.length === 0) return;
    for (const subject of subjects) this.#opened.add(subject);
    const positions = await unit.positions.find(run, stream, subjects);
    for (const [subject, position] of positions) {
      this.#positions.set(subject, position);
      this.#holding.set(subject, position.parked);
    }
    if (positions.size === this.#opened.size && ![...positions.values()].some(isOpen)) return;
    const cursors = await unit.cursors.list(run);
    if (positions.size < this.#opened.size) this.#seesWhole = seesWhole(cursors, stream);
    this.#origins = new Map(cursors.map((cursor) => [placeOf(cursor), cursor.originOffset]));
  }

  /**
   * The first rows of a subject's queue, which `holdersOf` knows from here on.
   * @param due Rows of it that were found due: one that stands behind another loses its time, however far behind.
   */
  async read(subject: string, limit: number, due: readonly ParkedRow[] = []): Promise<ParkedRow[]> {
    let rows = await this.#queue(subject, limit);
    // Before the head may stand what runs out of order, however much of it.
    if (rows.length === limit && !rows.some((row) => this.holds(row))) rows = await this.#queue(subject, mostRows);
    this.#parkedOf.set(subject, rows);
    const head = rows.find((row) => this.holds(row));
    for (const found of due) {
      if (head === undefined || found.id === head.id) continue;
      const row = rows.find(({ id }) => id === found.id) ?? (await this.#setup.unit.parked.get(found.id));
      if (row !== null && isDue(row) && this.holds(row) && !isLeased(row)) this.#setup.writes.updateParked(withoutTime(row));
    }
    if (this.#isInOrder(subject, rows, limit)) this.#inOrder.add(subject);
    return rows;
  }

  /** Whether a queue as it was read needs nothing of `advance`: its head has its time, nobody else has one, and all are counted. */
  #isInOrder(subject: string, rows: readonly ParkedRow[], limit: number): boolean {
    const [head, ...others] = rows.filter((row) => this.holds(row));
    const counted = this.#positions.get(subject)?.parked ?? 0;
    const isCounted = rows.length < limit ? counted === others.length + 1 : counted > others.length;
    return head !== undefined && isDue(head) && isCounted && others.every((row) => !isDue(row) || isLeased(row));
  }

  /** What is parked of a subject and may matter to its order, in order. */
  #queue(subject: string, limit: number): Promise<ParkedRow[]> {
    const { unit, run, stream, spec } = this.#setup;
    return unit.parked.ofSubject(
      { ...run, stream, subject },
      limit,
      spec.holdsAfterDeadLetter ? { conflicts: false } : { state: "waiting" },
    );
  }

  isLocked(subject: string): boolean {
    return this.#locked.has(subject);
  }

  position(subject: string): PositionRow | undefined {
    return this.#positions.get(subject);
  }

  /**
   * Reads what is parked of a subject that a new numbering begins in. The count in its position may be too low, for an event
   * may have been parked without the lock, and one of the older numbering must not be overtaken.
   */
  async recount(subject: string): Promise<void> {
    const mine = this.#parkedOf.get(subject) ?? [];
    const stored = (await this.#queue(subject, mostRows)).filter((row) => !mine.some(({ id }) => id === row.id));
    this.#parkedOf.set(subject, [...stored, ...mine]);
    this.#count(subject, this.holdersOf(subject).length - (this.#holding.get(subject) ?? 0));
  }

  /** The rows that hold a subject now. */
  holdersOf(subject: string): readonly ParkedRow[] {
    return (this.#parkedOf.get(subject) ?? []).filter((row) => this.holds(row));
  }

  /** The handler's order applies to this event. */
  isOrdered({ event, parked }: Delivery): boolean {
    const isOutOfItsNumber = parked !== null && parked.sequence === null;
    return (
      this.#setup.spec.order !== "any" && event !== null && event.sequence !== null && event.subject !== null && !isOutOfItsNumber
    );
  }

  /** Whether an event before it in its numbering holds its subject. */
  isBehind(row: ParkedRow): boolean {
    return this.holdersOf(row.subject).some(
      ({ sequence, sequenceEpoch }) => sequenceEpoch === row.sequenceEpoch && (sequence ?? 0) < (row.sequence ?? 0),
    );
  }

  /** Whether an event of an older numbering than the delivery's holds its subject. */
  holdsOlder(delivery: Delivery): boolean {
    const sequenceEpoch = delivery.event?.sequenceEpoch ?? 0;
    return sequenceEpoch > 0 && this.holdersOf(subjectOf(delivery)).some((row) => row.sequenceEpoch < sequenceEpoch);
  }

  handles(delivery: Delivery): boolean {
    return delivery.parked?.handled ?? (delivery.type !== null && this.#setup.spec.contracts.has(delivery.type));
  }

  /** Later events went on after its death, and somebody asked for it: it runs out of order. */
  isOutOfOrder(row: ParkedRow): boolean {
    return row.reason === "redriven" && !this.#setup.spec.holdsAfterDeadLetter && this.#setup.spec.order === "sequential";
  }

  /** Whether later events of its subject wait for this one. */
  holds(row: ParkedRow): boolean {
    if (this.#setup.spec.order === "any" || row.sequence === null || row.subject === "" || row.reason === "conflict")
      return false;
    return row.state === "waiting" ? !this.isOutOfOrder(row) : this.#setup.spec.holdsAfterDeadLetter;
  }

  /** Another parked event that is the same, or has the same number. */
  twinOf(delivery: Delivery): "same-event" | "same-number" | null {
    const parked = this.#parkedOf.get(subjectOf(delivery));
    if (parked === undefined) return null;
    const { sequence, sequenceEpoch } = sequencedEvent(delivery, true);
    const ofNumber = parked.filter(
      (row) => row.sequence !== null && row.sequence === sequence && row.sequenceEpoch === sequenceEpoch,
    );
    if (ofNumber.some((row) => row.eventKey === deliveryKey(delivery))) return "same-event";
    return ofNumber.some((row) => row.reason !== "conflict") ? "same-number" : null;
  }

  /** Parks the delivery, or updates the row that it comes out of. */
  hold(delivery: Delivery, change: HoldChange): ParkedRow {
    const held: ParkedRow = { ...(delivery.parked ?? this.#newRow(delivery)), state: "waiting", ...change };
    // What somebody asked for stays so until it is done or dead.
    const isStillRedriven = delivery.parked?.reason === "redriven" && held.state === "waiting";
    const row: ParkedRow = isStillRedriven ? { ...held, reason: "redriven" } : held;
    if (delivery.parked !== null) {
      this.update(delivery, row);
      return row;
    }
    this.#setup.writes.park(row);
    this.#parkedOf.set(row.subject, [...(this.#parkedOf.get(row.subject) ?? []), row]);
    if (this.holds(row) && this.isLocked(row.subject)) {
      this.#count(row.subject, +1);
      this.save({ ...this.#current(delivery), subject: row.subject });
    }
    return row;
  }

  update(delivery: Delivery, row: ParkedRow): void {
    this.#setup.writes.updateParked(row);
    this.#replaceParked(row.subject, row.id, [row]);
    if (delivery.parked !== null) this.#count(row.subject, Number(this.holds(row)) - Number(this.holds(delivery.parked)));
    if (this.isOrdered(delivery) && !this.isOutOfOrder(row)) this.save({ ...this.#current(delivery), subject: row.subject });
    if (row.subject !== "") this.#moved.add(row.subject);
  }

  remove(row: ParkedRow): void {
    this.#setup.writes.unpark(row.id);
    this.#replaceParked(row.subject, row.id, []);
    this.#count(row.subject, -Number(this.holds(row)));
    const position = this.#positions.get(row.subject);
    if (position !== undefined) this.save(position);
    if (row.subject !== "") this.#moved.add(row.subject);
  }

  /** The event has its place in the subject's history: the position passes it. */
  move(delivery: Delivery): void {
    if (!this.isOrdered(delivery)) return;
    const subject = subjectOf(delivery);
    const event = sequencedEvent(delivery, this.handles(delivery));
    const before = this.#current(delivery, event);
    const after = positionAfter(before, event);
    // It tells nothing of what follows the records that were lost behind it.
    this.#save(subject, isOpen(before) && this.#liesBeforeLoss(delivery) ? { ...after, baseline: 0 } : after);
    this.#moved.add(subject);
  }

  /** It was parked before the run began where it did: that was moved when a loss was accepted. */
  #liesBeforeLoss({ record, parked }: Delivery): boolean {
    return parked !== null && this.#origins !== null && record.offset < (this.#origins.get(placeOf(record)) ?? Infinity);
  }

  save(position: PositionRow): void {
    this.#save(position.subject, position);
  }

  #save(subject: string, position: PositionRow): void {
    const parked = this.#holding.get(subject) ?? 0;
    const { sequence, sequenceEpoch, baseline } = position;
    const isSame = position.subject === subject && position.parked === parked;
    const saved = isSame ? position : { subject, sequence, sequenceEpoch, baseline, parked };
    this.#positions.set(subject, saved);
    this.#setup.writes.savePosition(saved);
  }

  /** Numbers that nothing waits for any more: they are passed over, and stale if they come after all. */
  async declareLost(subject: string, lost: LostRange): Promise<void> {
    const { unit, run, stream } = this.#setup;
    await unit.positions.addLost(run, stream, subject, lost);
    this.#moved.add(subject);
  }

  isLost(subject: string, sequenceEpoch: number, sequence: number): Promise<boolean> {
    const { unit, run, stream } = this.#setup;
    return unit.positions.isLost(run, stream, subject, sequenceEpoch, sequence);
  }

  /** Gives what now stands first in each subject that moved its time; parked rows must have been written. */
  async advance(): Promise<void> {
    // Nothing is parked of any of them, as it nearly always is.
    if (this.#opened.size === 0 && this.#holding.size === 0) return;
    for (const subject of new Set([...this.#moved, ...this.#opened])) {
      if (this.#inOrder.has(subject) && !this.#moved.has(subject)) continue;
      const position = this.#positions.get(subject);
      if (position !== undefined && (position.parked > 0 || this.#opened.has(subject))) await this.#advance(position);
    }
  }

  async #advance(position: PositionRow): Promise<void> {
    const { spec, writes, scope } = this.#setup;
    const holders = await this.#countHolders(position);
    const [head, ...others] = holders;
    // Only the first has a time of its own: the others would be looked at in vain.
    for (const row of others) if (row.dueAtMs !== null && !isLeased(row)) writes.updateParked(withoutTime(row));
    if (head === undefined || head.sequence === null) return;
    const nowMs = scope.surroundings.clock.now();
    const isNext =
      spec.order === "latest" ||
      head.sequenceEpoch !== position.sequenceEpoch ||
      head.sequence <= position.sequence + 1 ||
      (await this.isLost(position.subject, head.sequenceEpoch, head.sequence - 1));
    if (isNext && head.state === "dead" && head.reason === "gap") {
      // The one it missed came after all.
      writes.updateParked({ ...head, state: "waiting", reason: "behind", dueAtMs: nowMs, logDueMs: null });
    } else if (head.state === "waiting" && isNext && head.dueAtMs === null && head.reason !== "held") {
      writes.updateParked({
        ...head,
        reason: spec.work.kind === "call" && head.handled ? "call" : "behind",
        dueAtMs: nowMs,
        logDueMs: null,
      });
    } else if (head.state === "waiting" && !isNext && head.logDueMs === null) {
      const waitMs = isOpen(position) ? spec.windowMs : spec.gapDeadlineMs;
      writes.updateParked({
        ...head,
        reason: isOpen(position) ? "window" : "gap",
        dueAtMs: null,
        logDueMs: head.record.timestampMs + waitMs,
      });
    }
  }

  /** Counts the rows that hold a subject anew, as far as it looks; returns them. */
  async #countHolders(position: PositionRow): Promise<ParkedRow[]> {
    let limit = fewRows;
    let rows = await this.#queue(position.subject, limit);
    let holders = rows.filter((row) => this.holds(row));
    const isClear = holders.length > 0 && !holders.some((row, index) => index > 0 && row.dueAtMs !== null && !isLeased(row));
    if (rows.length === limit && !isClear) {
      limit = mostRows;
      rows = await this.#queue(position.subject, limit);
      holders = rows.filter((row) => this.holds(row));
    }
    const counted = rows.length < limit ? holders.length : Math.max(holders.length, position.parked);
    if (counted !== position.parked) {
      this.#holding.set(position.subject, counted);
      this.save(position);
    }
    return holders;
  }

  #current(delivery: Delivery, event = sequencedEvent(delivery, this.handles(delivery))): PositionRow {
    const position = this.#positions.get(subjectOf(delivery));
    return currentPosition(event, {
      position,
      seesWhole: this.#seesWhole,
      holdsOlder: this.holdsOlder(delivery),
    });
  }

  #replaceParked(subject: string, id: string, by: readonly ParkedRow[]): void {
    const rows = this.#parkedOf.get(subject);
    const at = rows?.findIndex((row) => row.id === id) ?? -1;
    if (rows !== undefined && at >= 0) this.#parkedOf.set(subject, rows.toSpliced(at, 1, ...by));
  }

  #count(subject: string, by: number): void {
    this.#holding.set(subject, Math.max(0, (this.#holding.get(subject) ?? 0) + by));
  }

  #newRow(delivery: Delivery): ParkedRow {
    const { scope, run, stream } = this.#setup;
    return {
      id: newEventId(scope.surroundings),
      handlerId: run.handlerId,
      epoch: run.epoch,
      stream,
      subject: subjectOf(delivery),
      sequence: delivery.event?.sequence ?? null,
      sequenceEpoch: delivery.event?.sequenceEpoch ?? 0,
      eventKey: deliveryKey(delivery),
      state: "waiting",
      reason: "behind",
      dueAtMs: null,
      logDueMs: null,
      attempts: [],
      handled: this.handles(delivery),
      record: plainRecord(delivery.record),
      edited: null,
      lease: null,
      parkedAtMs: scope.surroundings.clock.now(),
    };
  }
}

/** Its turn is not now. Nothing gives an event that is held its time but the end of the hold: it waits like the others. */
function withoutTime(row: ParkedRow): ParkedRow {
  return { ...row, dueAtMs: null, reason: row.reason === "held" ? "behind" : row.reason };
}

const isDue = (row: ParkedRow): boolean => row.state === "waiting" && row.dueAtMs !== null;
const placeOf = ({ topicId, partition }: { readonly topicId: string; readonly partition: number }): string =>
  `${topicId}/${partition}`;
const isLeased = (row: ParkedRow): boolean => row.lease !== null;

export function subjectOf(delivery: Delivery): string {
  return delivery.event?.subject ?? "";
}

export function sequencedEvent({ event, record }: Delivery, handled: boolean): SequencedEvent {
  return {
    sequence: event?.sequence ?? null,
    sequenceEpoch: event?.sequenceEpoch ?? 0,
    recordTimeMs: record.timestampMs,
    eventTimeMs: () => event?.timeMs ?? record.timestampMs,
    handled,
  };
}
