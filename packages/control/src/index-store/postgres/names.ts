import { storable } from "../../postgres/storable.ts";
import type { Sql } from "./index-database.ts";

const mostKept = 100_000;

/** Texts that repeat from row to row, each stored once and known by a number. Written in the caller's transaction. */
export class Names {
  readonly #refs = new Map<string, number>();
  readonly #handlers = new Map<string, number>();

  /** Looks up, or writes, several at once; from then on `ref` knows them. */
  async learn(sql: Sql, texts: Iterable<string | null>): Promise<void> {
    const wanted = [...new Set(texts)].filter((text) => text !== null);
    const isFull = this.#refs.size >= mostKept && wanted.some((text) => !this.#refs.has(text));
    // All that is asked for must be known afterwards, what was known before included.
    if (isFull) this.#refs.clear();
    const unknown = wanted.filter((text) => !this.#refs.has(text));
    if (unknown.length === 0) return;
    const stored = [...new Set(unknown.map(storable))].toSorted();
    await sql.run("INSERT INTO name (text) SELECT * FROM unnest($1::text[]) ON CONFLICT (md5(text)) DO NOTHING", stored);
    const rows = await sql.rows<{ ref: number; text: string }>(
      "SELECT ref, text FROM name WHERE md5(text) IN (SELECT md5(given) FROM unnest($1::text[]) AS given)",
      stored,
    );
    const refs = new Map(rows.map(({ ref, text }) => [text, ref]));
    for (const text of unknown) this.#refs.set(text, refs.get(storable(text))!);
  }

  async ref(sql: Sql, text: string): Promise<number> {
    await this.learn(sql, [text]);
    return this.#refs.get(text)!;
  }

  async refOrNull(sql: Sql, text: string | null): Promise<number | null> {
    return text === null ? null : this.ref(sql, text);
  }

  /** Of a text that was learnt in this transaction, or before. */
  known(text: string): number {
    return this.#refs.get(text)!;
  }

  async handler(sql: Sql, service: string, handler: string): Promise<number> {
    const key = JSON.stringify([service, handler]);
    const known = this.#handlers.get(key);
    if (known !== undefined) return known;
    const refs = [await this.ref(sql, service), await this.ref(sql, handler)] as const;
    await sql.run("INSERT INTO handler (service, name) VALUES ($1, $2) ON CONFLICT (service, name) DO NOTHING", ...refs);
    const { ref } = (await sql.row<{ ref: number }>("SELECT ref FROM handler WHERE service = $1 AND name = $2", ...refs))!;
    if (this.#handlers.size >= mostKept) this.#handlers.clear();
    this.#handlers.set(key, ref);
    return ref;
  }

  /** After a rollback, and where the index was begun anew. */
  forget(): void {
    this.#refs.clear();
    this.#handlers.clear();
  }
}
