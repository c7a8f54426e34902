import type { IndexStore } from "../index-store/index-store.ts";

/** Tells those who show something live when the index has changed: one look for all of them, and none while nobody waits. */
export class IndexChanges {
  readonly #index: Pick<IndexStore, "version">;
  readonly #everyMs: number;
  readonly #waiting = new Map<() => void, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(index: Pick<IndexStore, "version">, everyMs = 250) {
    this.#index = index;
    this.#everyMs = everyMs;
  }

  /** Where the index is: taken before something is read, so that no change after it is missed. */
  version(): Promise<number> {
    return this.#index.version();
  }

  /** Settles when the index is no longer at that version, the time is over, or the signal aborts. */
  after(version: number, signal: AbortSignal, withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timeout);
        signal.removeEventListener("abort", settle);
        this.#waiting.delete(settle);
        if (this.#waiting.size === 0) this.#rest();
        resolve();
      };
      const timeout = setTimeout(settle, withinMs);
      if (signal.aborted) return settle();
      signal.addEventListener("abort", settle, { once: true });
      this.#waiting.set(settle, version);
      this.#timer ??= setInterval(() => void this.#look(), this.#everyMs);
    });
  }

  async #look(): Promise<void> {
    const now = await this.#index.version().catch(() => null);
    if (now !== null) for (const [settle, version] of this.#waiting) if (version !== now) settle();
  }

  #rest(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
