import type { DatabaseSync } from "node:sqlite";
import type { ServiceVersion } from "../index-store.ts";
import type { Names } from "./names.ts";
import { prepared, rowsOf } from "./prepared.ts";

/** When versions of services were at work. Widened only, so that it follows from what was seen, in whatever order. */
export class VersionRows {
  readonly #db: DatabaseSync;
  readonly #names: Names;
  #seen = new Map<string, { service: string; version: string; firstMs: number; lastMs: number }>();

  constructor(db: DatabaseSync, names: Names) {
    this.#db = db;
    this.#names = names;
  }

  see(service: string, version: string, firstMs: number, lastMs: number): void {
    const key = JSON.stringify([service, version]);
    const seen = this.#seen.get(key);
    if (seen === undefined) this.#seen.set(key, { service, version, firstMs, lastMs });
    else {
      seen.firstMs = Math.min(seen.firstMs, firstMs);
      seen.lastMs = Math.max(seen.lastMs, lastMs);
    }
  }

  /** Writes what was seen since, in the caller's transaction: a row for each version, however much it did. */
  write(): void {
    const sql = `INSERT INTO version_seen VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET first_ms = min(first_ms, excluded.first_ms),
      last_ms = max(last_ms, excluded.last_ms)`;
    for (const { service, version, firstMs, lastMs } of this.#seen.values())
      prepared(this.#db, sql).run(this.#names.ref(service), this.#names.ref(version), firstMs, lastMs);
    this.forget();
  }

  forget(): void {
    this.#seen = new Map();
  }
}

/** Oldest first. */
export const versionsOf = (db: DatabaseSync, service: string): ServiceVersion[] =>
  rowsOf<{ version: string; first_ms: number; last_ms: number }>(
    db,
    `SELECT n.text AS version, v.first_ms, v.last_ms FROM version_seen v JOIN name n ON n.ref = v.version
     WHERE v.service = (SELECT ref FROM name WHERE text = ?) ORDER BY v.first_ms`,
    service,
  ).map(({ version, first_ms: firstMs, last_ms: lastMs }) => ({ version, firstMs, lastMs }));
