import type { ParkedRow, PositionRow } from "../seams/store.ts";

/** One subject as a transaction found it, with what the transaction did so far. */
export class SubjectState {
  readonly subject: string;
  /** Undefined when the handler never met the subject. */
  position: PositionRow | undefined = undefined;
  /** How many parked rows hold it; written with its position. */
  holding = 0;
  /** What is parked of it, in order, as far as it was looked at. */
  parked: readonly ParkedRow[] = nothing;
  /** The transaction works on its parked events: it holds its lock. */
  isOpened = false;
  /** Something of it has changed. */
  isMoved = false;
  /** Its position is to be written. */
  isToBeSaved = false;
  /** `SubjectStates.advance` has nothing to do in it, as long as nothing is changed. */
  isInOrder = false;

  constructor(subject: string) {
    this.subject = subject;
  }

  /** How many rows hold it changes. */
  count(by: number): void {
    this.holding = Math.max(0, this.holding + by);
  }

  replaceParked(id: string, by: readonly ParkedRow[]): void {
    const at = this.parked.findIndex((row) => row.id === id);
    if (at >= 0) this.parked = this.parked.toSpliced(at, 1, ...by);
  }
}

const nothing: readonly ParkedRow[] = [];
