/** The end of a partition at a time: the record before this offset had been appended by then. */
export interface EndAtTime {
  readonly offset: number;
  readonly atMs: number;
}

/** Enough for days at a point every five seconds: neighbours are then closer than a twentieth of their age. */
const defaultLimit = 360;

/**
 * When a partition reached which offset, from samples of its end: what is between two samples is interpolated, what is outside of
 * them extrapolated over all of them. An end that stands still is two points, the first and the last time it was seen.
 *
 * A full table gives up the point that is missed least: the one whose neighbours are closest to one another for their age. So the
 * last minutes are known by the second, and days by the minute, which is a few percent of either.
 *
 * @see kafka-lag-exporter's LookupTable (github.com/seglo/kafka-lag-exporter), whose answers these are; it keeps the last 60 points.
 */
export class OffsetTimes {
  readonly #limit: number;
  readonly #points: EndAtTime[];

  constructor(points: readonly EndAtTime[] = [], limit = defaultLimit) {
    this.#points = [...points];
    this.#limit = Math.max(3, limit);
  }

  get points(): readonly EndAtTime[] {
    return this.#points;
  }

  /** Refuses a point that is not later than the last one, or whose offset is before its. */
  add(point: EndAtTime): "added" | "moved" | "out-of-order" | "went-back" {
    const last = this.#points.at(-1);
    if (last !== undefined && point.atMs <= last.atMs) return "out-of-order";
    if (last !== undefined && point.offset < last.offset) return "went-back";
    const isFlat = last?.offset === point.offset && this.#points.at(-2)?.offset === point.offset;
    if (isFlat) this.#points.pop();
    this.#points.push(point);
    if (this.#points.length > this.#limit) this.#thinOut(point.atMs);
    return isFlat ? "moved" : "added";
  }

  /**
   * When `offset` was the end, the last time if it was for long; `at-end` where it is now, `unknown` with fewer than two points.
   * Infinite where the end never moved.
   */
  timeOf(offset: number): number | "at-end" | "unknown" {
    const [first, last] = [this.#points[0], this.#points.at(-1)];
    if (last !== undefined && last.offset === offset) return "at-end";
    if (first === undefined || last === undefined || this.#points.length < 2) return "unknown";
    for (let i = this.#points.length - 1; i > 0; i -= 1) {
      const [left, right] = [this.#points[i - 1]!, this.#points[i]!];
      if (offset >= left.offset && offset <= right.offset) return timeBetween(offset, left, right);
    }
    return timeBetween(offset, first, last);
  }

  #thinOut(nowMs: number): void {
    let least = { index: 1, loss: Number.POSITIVE_INFINITY };
    for (let i = 1; i < this.#points.length - 1; i += 1) {
      const gapMs = this.#points[i + 1]!.atMs - this.#points[i - 1]!.atMs;
      const loss = gapMs / (nowMs - this.#points[i]!.atMs);
      if (loss < least.loss) least = { index: i, loss };
    }
    this.#points.splice(least.index, 1);
  }
}

/** On the line through two points, in their span or beyond it. */
export function timeBetween(offset: number, left: EndAtTime, right: EndAtTime): number {
  return right.atMs - ((right.offset - offset) * (right.atMs - left.atMs)) / (right.offset - left.offset);
}
