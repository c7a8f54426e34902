import { setTimeout as pause } from "node:timers/promises";
import { writerSchema } from "throughline/contracts";
import type { SchemaRegistry, WriterSchema } from "throughline/seams";

/** Somebody waits for the page. */
const patienceMs = 2_000;
/** What was not found, or not answered, is asked for again after this. */
const askAgainAfterMs = 5_000;
const mostKept = 2_000;

type Found = WriterSchema | { readonly why: string };

/** The schemas of a registry by their ids, which never change: each is asked for once. */
export class WriterSchemas {
  readonly #registry: SchemaRegistry;
  readonly #now: () => number;
  readonly #known = new Map<number, { readonly found: Promise<Found>; untilMs: number }>();

  constructor(registry: SchemaRegistry, now: () => number) {
    this.#registry = registry;
    this.#now = now;
  }

  /** The schema, or why it is not known, as the end of a sentence. Never rejects. */
  of(id: number): Promise<Found> {
    const known = this.#known.get(id);
    if (known !== undefined && this.#now() < known.untilMs) return known.found;
    if (this.#known.size >= mostKept) this.#known.clear();
    const entry = { found: this.#ask(id), untilMs: Number.POSITIVE_INFINITY };
    this.#known.set(id, entry);
    void entry.found.then((found) => {
      if ("why" in found) entry.untilMs = this.#now() + askAgainAfterMs;
    });
    return entry.found;
  }

  async #ask(id: number): Promise<Found> {
    const waiting = new AbortController();
    const silent = pause(patienceMs, { why: `the registry did not answer within ${patienceMs} ms` }, { signal: waiting.signal });
    const asked = writerSchema(this.#registry, id).then(
      (found): Found => found ?? { why: "the registry does not have it, or not all that it refers to" },
      (error: unknown): Found => ({
        why: `the registry could not be asked: ${(error as { code?: string }).code ?? "it failed"}`,
      }),
    );
    try {
      return await Promise.race([asked, silent]);
    } finally {
      waiting.abort();
      silent.catch(() => undefined);
    }
  }
}
