import type { DatabaseSync } from "node:sqlite";
import { prepared, rowOf } from "./prepared.ts";

const mostKept = 100_000;

/** Texts that repeat from row to row (types, services, versions), each stored once and known by a number. Written in the caller's transaction. */
export class Names {
  readonly #db: DatabaseSync;
  readonly #refs = new Map<string, number>();
  readonly #handlers = new Map<string, number>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  ref(text: string): number {
    const known = this.#refs.get(text);
    if (known !== undefined) return known;
    const found = rowOf<{ ref: number }>(this.#db, "SELECT ref FROM name WHERE text = ?", text)?.ref;
    const ref = found ?? Number(prepared(this.#db, "INSERT INTO name (text) VALUES (?)").run(text).lastInsertRowid);
    if (this.#refs.size >= mostKept) this.#refs.clear();
    this.#refs.set(text, ref);
    return ref;
  }

  refOrNull(text: string | null): number | null {
    return text === null ? null : this.ref(text);
  }

  handler(service: string, handler: string): number {
    const key = `${service}/${handler}`;
    const known = this.#handlers.get(key);
    if (known !== undefined) return known;
    const refs = [this.ref(service), this.ref(handler)] as const;
    prepared(this.#db, "INSERT OR IGNORE INTO handler (service, name) VALUES (?, ?)").run(...refs);
    const { ref } = rowOf<{ ref: number }>(this.#db, "SELECT ref FROM handler WHERE service = ? AND name = ?", ...refs)!;
    if (this.#handlers.size >= mostKept) this.#handlers.clear();
    this.#handlers.set(key, ref);
    return ref;
  }

  /** After a rollback: what was written in it is not there. */
  forget(): void {
    this.#refs.clear();
    this.#handlers.clear();
  }
}
