import type { LostRange, ParkedRow, PositionRow, QueueOptions, Run, UnitOfWork } from "../seams/store.ts";
import { type Delivery, deliveryKey, subjectOf } from "./delivery.ts";
import type { HandlerSpec } from "./handler-state.ts";
import { currentPosition, isOpen, positionAfter, type SequencedEvent } from "./order-decision.ts";
import { newParkedRow } from "./parked-row.ts";
import { isDue, isLeased, withoutTime, withTimeOfFirst } from "./parked-time.ts";
import type { ServiceScope } from "./scope.ts";
import { seesWhole } from "./start-cursors.ts";
import { SequencedDelivery } from "./sequenced-delivery.ts";
import { SubjectState } from "./subject-state.ts";
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
  readonly #states = new Map<string, SubjectState>();
  /** The one that was asked for last: each event asks several times. */
  #last: SubjectState | null = null;
  #lastSequenced: SequencedDelivery | null = null;
  /** Whether parked events may hold any of them. */
  #mayHold = false;
  readonly #toBeSaved: SubjectState[] = [];
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

  #of(subject: string): SubjectState {
    if (this.#last?.subject === subject) return this.#last;
    let state = this.#states.get(subject);
    if (state === undefined) this.#states.set(subject, (state = new SubjectState(subject)));
    this.#last = state;
    return state;
  }

  /** Takes the locks of live events' subjects that nobody else holds, and reads them. */
  async tryLoad(deliveries: readonly Delivery[], options: { seesWhole: boolean }): Promise<void> {
    const { unit, run, stream } = this.#setup;
    this.#seesWhole = options.seesWhole;
    for (const delivery of deliveries) this.#of(subjectOf(delivery));
    if (this.#states.size === 0) return;
    this.#locked = await unit.positions.lock(run, stream, [...this.#states.keys()], { wait: false });
    this.#found(await unit.positions.find(run, stream, [...this.#locked]));
    if (!this.#mayHold) return;
    // However much is parked of a subject: only what has the number of one of these events can be its twin.
    const mayHaveTwins = deliveries.filter((delivery) => this.#of(subjectOf(delivery)).holding > 0);
    if (mayHaveTwins.length === 0) return;
    const numbers = mayHaveTwins.map((delivery) => ({
      subject: subjectOf(delivery),
      sequence: delivery.event?.sequence ?? null,
      sequenceEpoch: delivery.event?.sequenceEpoch ?? 0,
    }));
    for (const row of await unit.parked.ofNumbers(run, stream, numbers))
      if (row.state === "waiting" || this.#setup.spec.holdsAfterDeadLetter)
        this.#of(row.subject).parked = [...this.#of(row.subject).parked, row];
    // A new numbering waits for what is held of an older one, whatever its numbers.
    const renumbered = new Set(numbers.filter(({ sequenceEpoch }) => sequenceEpoch > 0).map(({ subject }) => subject));
    for (const subject of renumbered) await this.read([subject], mostRows);
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
    for (const subject of subjects) this.#of(subject).isOpened = true;
    this.#mayHold = true;
    const positions = await unit.positions.find(run, stream, subjects);
    this.#found(positions);
    const hasUnmet = subjects.some((subject) => !positions.has(subject));
    if (!hasUnmet && ![...positions.values()].some(isOpen)) return;
    const cursors = await unit.cursors.list(run);
    if (hasUnmet) this.#seesWhole = seesWhole(cursors, stream);
    this.#origins = new Map(cursors.map((cursor) => [placeOf(cursor), cursor.originOffset]));
  }

  #found(positions: ReadonlyMap<string, PositionRow>): void {
    for (const position of positions.values()) {
      const state = this.#of(position.subject);
      state.position = position;
      state.holding = position.parked;
      if (position.parked > 0) this.#mayHold = true;
    }
  }

  /**
   * The first rows of each subject's queue, which `holdersOf` knows from here on.
   * @param due Rows of them that were found due: one that stands behind another loses its time, however far behind.
   */
  async read(subjects: readonly string[], limit: number, due: readonly ParkedRow[] = []): Promise<ParkedRow[][]> {
    const queues = await this.#queues(subjects, limit);
    const read: ParkedRow[][] = [];
    for (const subject of subjects) read.push(await this.#read(subject, queues.get(subject) ?? [], limit));
    await this.#keepBehind(due);
    for (const [index, subject] of subjects.entries()) {
      const state = this.#of(subject);
      state.isInOrder ||= this.#isInOrder(state, read[index] ?? [], limit);
    }
    return read;
  }

  async #read(subject: string, first: ParkedRow[], limit: number): Promise<ParkedRow[]> {
    // Before the head may stand what runs out of order, however much of it.
    const isHeadless = first.length === limit && !first.some((row) => this.holds(row));
    const rows = isHeadless ? await this.#queue(subject, mostRows) : first;
    this.#of(subject).parked = rows;
    return rows;
  }

  /** Takes their time from those that stand behind another, as they stand now. */
  async #keepBehind(due: readonly ParkedRow[]): Promise<void> {
    const behind = due.filter(({ subject, id }) => {
      const head = this.#states.has(subject) ? this.holdersOf(subject)[0] : undefined;
      return head !== undefined && head.id !== id;
    });
    const unread = behind.filter(({ subject, id }) => !this.#of(subject).parked.some((row) => row.id === id));
    const found = unread.length === 0 ? [] : await this.#setup.unit.parked.find(unread.map(({ id }) => id));
    const now = new Map(found.map((row) => [row.id, row]));
    for (const { subject, id } of behind) {
      const row = this.#of(subject).parked.find((each) => each.id === id) ?? now.get(id);
      if (row !== undefined && isDue(row) && this.holds(row) && !isLeased(row)) this.#setup.writes.updateParked(withoutTime(row));
    }
  }

  /** Whether a queue as it was read needs nothing of `advance`: its head has its time, nobody else has one, and all are counted. */
  #isInOrder({ position }: SubjectState, rows: readonly ParkedRow[], limit: number): boolean {
    const [head, ...others] = rows.filter((row) => this.holds(row));
    const counted = position?.parked ?? 0;
    const isCounted = rows.length < limit ? counted === others.length + 1 : counted > others.length;
    return head !== undefined && isDue(head) && isCounted && others.every((row) => !isDue(row) || isLeased(row));
  }

  /** What is parked of a subject and may matter to its order, in order. */
  #queue(subject: string, limit: number): Promise<ParkedRow[]> {
    const { unit, run, stream } = this.#setup;
    return unit.parked.ofSubject({ ...run, stream, subject }, limit, this.#queueOptions);
  }

  async #queues(subjects: readonly string[], limit: number): Promise<Map<string, ParkedRow[]>> {
    const { unit, run, stream } = this.#setup;
    const [only] = subjects;
    if (only === undefined) return new Map();
    if (subjects.length === 1) return new Map([[only, await this.#queue(only, limit)]]);
    return unit.parked.ofSubjects(run, stream, subjects, { ...this.#queueOptions, limit });
  }

  get #queueOptions(): QueueOptions {
    return this.#setup.spec.holdsAfterDeadLetter ? { conflicts: false } : { state: "waiting" };
  }

  isLocked(subject: string): boolean {
    return this.#locked.has(subject);
  }

  position(subject: string): PositionRow | undefined {
    return this.#of(subject).position;
  }

  /**
   * Reads what is parked of a subject that a new numbering begins in. The count in its position may be too low, for an event
   * may have been parked without the lock, and one of the older numbering must not be overtaken.
   */
  async recount(subject: string): Promise<void> {
    const state = this.#of(subject);
    const mine = state.parked;
    const stored = (await this.#queue(subject, mostRows)).filter((row) => !mine.some(({ id }) => id === row.id));
    state.parked = [...stored, ...mine];
    this.#count(state, this.holdersOf(subject).length - state.holding);
  }

  /** The rows that hold a subject now. */
  holdersOf(subject: string): readonly ParkedRow[] {
    return this.#of(subject).parked.filter((row) => this.holds(row));
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

  /** A delivery as the decision about its order sees it. */
  sequenced(delivery: Delivery): SequencedEvent {
    if (this.#lastSequenced?.delivery !== delivery) this.#lastSequenced = new SequencedDelivery(delivery, this.handles(delivery));
    return this.#lastSequenced;
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
    const { parked } = this.#of(subjectOf(delivery));
    if (parked.length === 0) return null;
    const { sequence, sequenceEpoch } = this.sequenced(delivery);
    const ofNumber = parked.filter(
      (row) => row.sequence !== null && row.sequence === sequence && row.sequenceEpoch === sequenceEpoch,
    );
    if (ofNumber.some((row) => row.eventKey === deliveryKey(delivery))) return "same-event";
    return ofNumber.some((row) => row.reason !== "conflict") ? "same-number" : null;
  }

  /** Parks the delivery, or updates the row that it comes out of. */
  hold(delivery: Delivery, change: HoldChange): ParkedRow {
    const held: ParkedRow = {
      ...(delivery.parked ?? newParkedRow(this.#setup, delivery, this.handles(delivery))),
      state: "waiting",
      ...change,
    };
    // What somebody asked for stays so until it is done or dead.
    const isStillRedriven = delivery.parked?.reason === "redriven" && held.state === "waiting";
    const row: ParkedRow = isStillRedriven ? { ...held, reason: "redriven" } : held;
    if (delivery.parked !== null) {
      this.update(delivery, row);
      return row;
    }
    this.#setup.writes.park(row);
    const state = this.#of(row.subject);
    state.parked = [...state.parked, row];
    if (this.holds(row) && this.isLocked(row.subject)) {
      this.#count(state, +1);
      this.save({ ...this.#current(delivery), subject: row.subject });
    }
    return row;
  }

  update(delivery: Delivery, row: ParkedRow): void {
    this.#setup.writes.updateParked(row);
    const state = this.#of(row.subject);
    state.replaceParked(row.id, [row]);
    if (delivery.parked !== null) this.#count(state, Number(this.holds(row)) - Number(this.holds(delivery.parked)));
    if (this.isOrdered(delivery) && !this.isOutOfOrder(row)) this.save({ ...this.#current(delivery), subject: row.subject });
    state.isMoved = true;
  }

  remove(row: ParkedRow): void {
    this.#setup.writes.unpark(row.id);
    const state = this.#of(row.subject);
    state.replaceParked(row.id, []);
    this.#count(state, -Number(this.holds(row)));
    if (state.position !== undefined) this.save(state.position);
    state.isMoved = true;
  }

  /** The event has its place in the subject's history: the position passes it. */
  move(delivery: Delivery): void {
    if (!this.isOrdered(delivery)) return;
    const state = this.#of(subjectOf(delivery));
    const event = this.sequenced(delivery);
    const before = this.#current(delivery);
    const after = positionAfter(before, event);
    // It tells nothing of what follows the records that were lost behind it.
    this.#save(state, isOpen(before) && this.#liesBeforeLoss(delivery) ? { ...after, baseline: 0 } : after);
    state.isMoved = true;
  }

  /** It was parked before the run began where it did: that was moved when a loss was accepted. */
  #liesBeforeLoss({ record, parked }: Delivery): boolean {
    return parked !== null && this.#origins !== null && record.offset < (this.#origins.get(placeOf(record)) ?? Infinity);
  }

  save(position: PositionRow): void {
    this.#save(this.#of(position.subject), position);
  }

  #save(state: SubjectState, position: PositionRow): void {
    const { subject, holding: parked } = state;
    const { sequence, sequenceEpoch, baseline } = position;
    const isSame = position.subject === subject && position.parked === parked;
    state.position = isSame ? position : { subject, sequence, sequenceEpoch, baseline, parked };
    if (!state.isToBeSaved) this.#toBeSaved.push(state);
    state.isToBeSaved = true;
  }

  /** The positions that changed, in the order in which they did so first. */
  changedPositions(): PositionRow[] {
    return this.#toBeSaved.map(({ position }) => position as PositionRow);
  }

  /** Numbers that nothing waits for any more: they are passed over, and stale if they come after all. */
  async declareLost(subject: string, lost: LostRange): Promise<void> {
    const { unit, run, stream } = this.#setup;
    await unit.positions.addLost(run, stream, subject, lost);
    this.#of(subject).isMoved = true;
  }

  isLost(subject: string, sequenceEpoch: number, sequence: number): Promise<boolean> {
    const { unit, run, stream } = this.#setup;
    return unit.positions.isLost(run, stream, subject, sequenceEpoch, sequence);
  }

  /** Gives what now stands first in each subject that moved its time; parked rows must have been written. */
  async advance(): Promise<void> {
    // Nothing is parked of any of them, as it nearly always is.
    if (!this.#mayHold) return;
    const moved: PositionRow[] = [];
    for (const { subject, position, isOpened, isMoved, isInOrder } of this.#states.values()) {
      if (subject === "" || position === undefined || !(isMoved || (isOpened && !isInOrder))) continue;
      if (position.parked > 0 || isOpened) moved.push(position);
    }
    const queues = await this.#queues(
      moved.map(({ subject }) => subject),
      fewRows,
    );
    for (const position of moved) await this.#advance(position, queues.get(position.subject) ?? []);
  }

  async #advance(position: PositionRow, first: readonly ParkedRow[]): Promise<void> {
    const { spec, writes, scope } = this.#setup;
    const [head, ...others] = await this.#countHolders(position, first);
    // Only the first has a time of its own: the others would be looked at in vain.
    for (const row of others) if (row.dueAtMs !== null && !isLeased(row)) writes.updateParked(withoutTime(row));
    if (head === undefined || head.sequence === null) return;
    const nowMs = scope.surroundings.clock.now();
    const isNext =
      spec.order === "latest" ||
      head.sequenceEpoch !== position.sequenceEpoch ||
      head.sequence <= position.sequence + 1 ||
      (await this.isLost(position.subject, head.sequenceEpoch, head.sequence - 1));
    const timed = withTimeOfFirst(head, position, { spec, isNext, nowMs });
    if (timed !== null) writes.updateParked(timed);
  }

  /**
   * Counts the rows that hold a subject anew, as far as it looks; returns them.
   * @param first Its first `fewRows` rows.
   */
  async #countHolders(position: PositionRow, first: readonly ParkedRow[]): Promise<ParkedRow[]> {
    let limit = fewRows;
    let rows = first;
    let holders = rows.filter((row) => this.holds(row));
    const isClear = holders.length > 0 && !holders.some((row, index) => index > 0 && row.dueAtMs !== null && !isLeased(row));
    if (rows.length === limit && !isClear) {
      limit = mostRows;
      rows = await this.#queue(position.subject, limit);
      holders = rows.filter((row) => this.holds(row));
    }
    const counted = rows.length < limit ? holders.length : Math.max(holders.length, position.parked);
    if (counted !== position.parked) {
      this.#of(position.subject).holding = counted;
      this.save(position);
    }
    return holders;
  }

  #current(delivery: Delivery): PositionRow {
    const { position } = this.#of(subjectOf(delivery));
    return currentPosition(this.sequenced(delivery), {
      position,
      seesWhole: this.#seesWhole,
      holdsOlder: this.holdsOlder(delivery),
    });
  }

  #count(state: SubjectState, by: number): void {
    state.count(by);
    this.#mayHold = true;
  }
}

const placeOf = ({ topicId, partition }: { readonly topicId: string; readonly partition: number }): string =>
  `${topicId}/${partition}`;
