import type { IndexBatch } from "../index-store/index-batch.ts";
import type { IndexStore } from "../index-store/index-store.ts";

/**
 * Writes batches one after the other, each while the next one is read: a database works on a processor of its own. What could not be written is
 * told at the next batch, or at the end, and nothing is written after it.
 */
export class WriteBehind {
  readonly #store: Pick<IndexStore, "apply">;
  #last: Promise<void> = Promise.resolve();

  constructor(store: Pick<IndexStore, "apply">) {
    this.#store = store;
  }

  /** Settles when the batch before is written, and this one has begun to be. */
  async write(batch: IndexBatch): Promise<void> {
    await this.#last;
    this.#last = this.#store.apply(batch);
    // It is told to whoever comes next.
    this.#last.catch(() => undefined);
  }

  /** Settles when all is written. */
  end(): Promise<void> {
    return this.#last;
  }
}
