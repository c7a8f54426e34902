import { newEventId } from "../envelope/index.ts";
import type { ParkedRow, PositionRow, Run, UnitOfWork } from "../seams/store.ts";
import { type Delivery, deliveryKey } from "./delivery.ts";
import type { HandlerSpec } from "./handler-state.ts";
import { currentPosition, positionAfter, type SequencedEvent } from "./order-decision.ts";
import type { ServiceScope } from "./scope.ts";
import type { TransactionWrites } from "./transaction-writes.ts";

interface Setup<Tx> {
  readonly scope: ServiceScope<Tx>;
  readonly spec: HandlerSpec<Tx>;
  readonly run: Run;
  readonly stream: string;
  readonly unit: UnitOfWork<Tx>;
  readonly writes: TransactionWrites;
}

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
  readonly #moved = new Set<string>();
  #locked: ReadonlySet<string> = new Set();
  #seesWhole = true;

  constructor(setup: Setup<Tx>) {
    this.#setup = setup;
  }

  get seesWhole(): boolean {
    return this.#seesWhole;
  }

  /** Takes the subjects' locks and reads them. */
  async load(subjects: readonly string[], options: { seesWhole: boolean; waitForLocks: boolean }): Promise<void> {
    const { unit, run, stream } = this.#setup;
    this.#seesWhole = options.seesWhole;
    if (subjects.length === 0) return;
    this.#locked = await unit.positions.lock(run, stream, subjects, { wait: options.waitForLocks });
    for (const [subject, position] of await unit.positions.find(run, stream, [...this.#locked])) {
      this.#positions.set(subject, position);
      if (position.parked > 0) this.#parkedOf.set(subject, await unit.parked.ofSubject({ ...run, stream, subject }, 1_000));
    }
  }

  isLocked(subject: string): boolean {
    return this.#locked.has(subject);
  }

  position(subject: string): PositionRow | undefined {
    return this.#positions.get(subject);
  }

  parkedOf(subject: string): readonly ParkedRow[] {
    return this.#parkedOf.get(subject) ?? [];
  }

  /** The handler's order applies to this event. */
  isOrdered({ event }: Delivery): boolean {
    return this.#setup.spec.order !== "any" && event !== null && event.sequence !== null && event.subject !== null;
  }

  handles(delivery: Delivery): boolean {
    return delivery.parked?.handled ?? (delivery.type !== null && this.#setup.spec.contracts.has(delivery.type));
  }

  /** Whether later events of its subject wait for this one. */
  holds(row: ParkedRow): boolean {
    if (this.#setup.spec.order === "any" || row.sequence === null || row.subject === "" || row.reason === "conflict")
      return false;
    return row.state === "waiting" || this.#setup.spec.holdsAfterDeadLetter;
  }

  /** Another parked event that is the same, or has the same number. */
  twinOf(delivery: Delivery): "same-event" | "same-number" | null {
    const key = deliveryKey(delivery);
    const { sequence, sequenceEpoch } = sequencedEvent(delivery, true);
    const twin = this.parkedOf(subjectOf(delivery)).find(
      (row) =>
        row.eventKey === key || (row.sequence !== null && row.sequence === sequence && row.sequenceEpoch === sequenceEpoch),
    );
    return twin === undefined ? null : twin.eventKey === key ? "same-event" : "same-number";
  }

  /** Parks the delivery, or updates the row that it comes out of. */
  hold(delivery: Delivery, change: HoldChange): ParkedRow {
    const row: ParkedRow = { ...(delivery.parked ?? this.#newRow(delivery)), state: "waiting", ...change };
    if (delivery.parked !== null) {
      this.update(delivery, row);
      return row;
    }
    this.#setup.writes.park(row);
    this.#parkedOf.set(row.subject, [...this.parkedOf(row.subject), row]);
    if (this.holds(row) && this.isLocked(row.subject)) this.#count(delivery, +1);
    return row;
  }

  update(delivery: Delivery, row: ParkedRow): void {
    this.#setup.writes.updateParked(row);
    if (delivery.parked !== null && this.holds(delivery.parked) !== this.holds(row))
      this.#count(delivery, this.holds(row) ? +1 : -1);
    if (row.subject !== "") this.#moved.add(row.subject);
  }

  remove(row: ParkedRow): void {
    this.#setup.writes.unpark(row.id);
    const position = this.#positions.get(row.subject);
    if (position !== undefined && this.holds(row)) this.save({ ...position, parked: Math.max(0, position.parked - 1) });
    if (row.subject !== "") this.#moved.add(row.subject);
  }

  /** The event has its place in the subject's history: the position passes it. */
  move(delivery: Delivery): void {
    if (!this.isOrdered(delivery)) return;
    const subject = subjectOf(delivery);
    this.save({ ...positionAfter(this.#current(delivery), sequencedEvent(delivery, this.handles(delivery))), subject });
    this.#moved.add(subject);
  }

  save(position: PositionRow): void {
    this.#positions.set(position.subject, position);
    this.#setup.writes.savePosition(position);
  }

  /** Gives what now stands first in each subject that moved its time; parked rows must have been written. */
  async advance(): Promise<void> {
    for (const subject of this.#moved) {
      const position = this.#positions.get(subject);
      if (position !== undefined && position.parked > 0) await this.#advance(position);
    }
  }

  async #advance(position: PositionRow): Promise<void> {
    const { unit, run, stream, spec, writes, scope } = this.#setup;
    const rows = await unit.parked.ofSubject({ ...run, stream, subject: position.subject }, 100);
    const head = rows.find((row) => this.holds(row) || (row.state === "dead" && row.reason === "gap"));
    if (head === undefined || head.sequence === null) return;
    const nowMs = scope.surroundings.clock.now();
    const isNext =
      spec.order === "latest" || head.sequenceEpoch !== position.sequenceEpoch || head.sequence <= position.sequence + 1;
    if (isNext && head.state === "dead" && head.reason === "gap") {
      // The one it missed came after all.
      writes.updateParked({ ...head, state: "waiting", reason: "behind", dueAtMs: nowMs, logDueMs: null });
    } else if (head.state === "waiting" && isNext && head.dueAtMs === null) {
      writes.updateParked({
        ...head,
        reason: spec.work.kind === "call" && head.handled ? "call" : "behind",
        dueAtMs: nowMs,
        logDueMs: null,
      });
    } else if (head.state === "waiting" && !isNext && head.logDueMs === null) {
      const isOpen = position.baseline === 0;
      const waitMs = isOpen ? spec.windowMs : spec.gapDeadlineMs;
      writes.updateParked({
        ...head,
        reason: isOpen ? "window" : "gap",
        dueAtMs: null,
        logDueMs: head.record.timestampMs + waitMs,
      });
    }
  }

  #current(delivery: Delivery): PositionRow {
    const position = this.#positions.get(subjectOf(delivery));
    return currentPosition(sequencedEvent(delivery, this.handles(delivery)), { position, seesWhole: this.#seesWhole });
  }

  #count(delivery: Delivery, by: number): void {
    const position = this.#current(delivery);
    this.save({ ...position, subject: subjectOf(delivery), parked: Math.max(0, position.parked + by) });
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
      record: delivery.record,
      edited: null,
      lease: null,
      parkedAtMs: scope.surroundings.clock.now(),
    };
  }
}

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
