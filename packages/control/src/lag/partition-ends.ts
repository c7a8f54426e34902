import type { SavedEnds } from "./lag-store.ts";
import { OffsetTimes } from "./offset-times.ts";
import type { LogPositions } from "./read-positions.ts";

const savedEveryMs = 5 * 60_000;

interface Place {
  readonly topicId: string;
  readonly partition: number;
}

/** When each partition reached which offset: a table for each that some group reads. */
export class PartitionEnds {
  readonly #tables = new Map<string, OffsetTimes>();
  readonly #places = new Map<string, Place>();
  #savedMs = Number.NEGATIVE_INFINITY;
  #removed: Place[] = [];

  constructor(saved: readonly SavedEnds[]) {
    for (const { topicId, partition, points } of saved) this.#open({ topicId, partition }, points);
  }

  /** By `topicId/partition`. */
  get tables(): ReadonlyMap<string, OffsetTimes> {
    return this.#tables;
  }

  /** Takes in the ends of a sample, and forgets topics that are no more. */
  add({ topics, atMs }: LogPositions): void {
    const ids = new Set([...topics.values()].map(({ id }) => id));
    for (const [key, place] of this.#places) {
      if (ids.has(place.topicId)) continue;
      this.#places.delete(key);
      this.#tables.delete(key);
      this.#removed.push(place);
    }
    for (const { id: topicId, partitions } of topics.values())
      for (const { partition, end: offset } of partitions?.values() ?? []) {
        const place = { topicId, partition };
        const table = this.#tables.get(keyOf(place)) ?? this.#open(place, []);
        // The log lost its end: what was known of the times is of other records.
        if (table.add({ offset, atMs }) === "went-back") this.#open(place, [{ offset, atMs }]);
      }
  }

  /** All tables, when it is time to save them; else none. */
  due(nowMs: number): SavedEnds[] {
    if (nowMs - this.#savedMs < savedEveryMs) return [];
    this.#savedMs = nowMs;
    return this.all();
  }

  all(): SavedEnds[] {
    return [...this.#places].map(([key, place]) => ({ ...place, points: this.#tables.get(key)!.points }));
  }

  takeRemoved(): Place[] {
    const removed = this.#removed;
    this.#removed = [];
    return removed;
  }

  #open(place: Place, points: SavedEnds["points"]): OffsetTimes {
    const table = new OffsetTimes(points);
    this.#tables.set(keyOf(place), table);
    this.#places.set(keyOf(place), place);
    return table;
  }
}

const keyOf = ({ topicId, partition }: Place): string => `${topicId}/${partition}`;
