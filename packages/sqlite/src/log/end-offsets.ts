import { prepared } from "../database/prepared.ts";
import type { Wake } from "../database/wake.ts";
import type { SqliteWriter } from "../database/writer.ts";

interface Follower {
  readonly number: number;
  seenEnd: number;
  readonly onMoved: () => void;
}

/** Tells the readers of partitions when their partition's end moved: one query at each wake-up for all readers of the process. */
export class EndOffsets {
  readonly #writer: SqliteWriter;
  readonly #wake: Wake;
  readonly #followers = new Set<Follower>();
  #listener: { stop(): void } | undefined;
  #looking = false;
  #again = false;

  constructor(writer: SqliteWriter, wake: Wake) {
    this.#writer = writer;
    this.#wake = wake;
  }

  /** Calls `onMoved` when the end of a partition moved, or the partition is gone; perhaps also without cause. */
  follow(number: number, onMoved: () => void): { stop(): void } {
    const follower = { number, seenEnd: -1, onMoved };
    this.#followers.add(follower);
    this.#listener ??= this.#wake.listen(() => void this.#look());
    return {
      stop: () => {
        this.#followers.delete(follower);
        if (this.#followers.size > 0) return;
        this.#listener?.stop();
        this.#listener = undefined;
      },
    };
  }

  /** This process itself moved these ends. */
  moved(ends: ReadonlyMap<number, number>): void {
    for (const follower of this.#followers) {
      const end = ends.get(follower.number);
      if (end !== undefined) see(follower, end);
    }
  }

  close(): void {
    this.#followers.clear();
    this.#listener?.stop();
    this.#listener = undefined;
  }

  async #look(): Promise<void> {
    this.#again = true;
    if (this.#looking) return;
    this.#looking = true;
    while (this.#again) {
      this.#again = false;
      try {
        const rows = await this.#writer.read((db) => prepared(db, "SELECT number, end_offset FROM partition").all());
        const ends = new Map(rows.map((row) => [Number(row["number"]), Number(row["end_offset"])]));
        for (const follower of this.#followers) see(follower, ends.get(follower.number) ?? -1);
      } catch {
        // The readers meet the same failure and tell it.
        for (const follower of this.#followers) follower.onMoved();
      }
    }
    this.#looking = false;
  }
}

function see(follower: Follower, end: number): void {
  if (end === follower.seenEnd) return;
  follower.seenEnd = end;
  follower.onMoved();
}
