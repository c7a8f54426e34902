import type { DatabaseSync } from "node:sqlite";
import { type CountedLetter, countsAs, hourMs } from "../group-counts.ts";
import type { LetterEntry } from "../index-batch.ts";
import { packId } from "./id-codec.ts";
import type { Names } from "./names.ts";
import { prepared, rowOf } from "./prepared.ts";

/** The counters of failure groups, kept with each letter and answer, so that a list of groups counts nothing. */
export class GroupRows {
  readonly #db: DatabaseSync;
  readonly #names: Names;

  constructor(db: DatabaseSync, names: Names) {
    this.#db = db;
    this.#names = names;
  }

  /** Counts a new letter, which is open; answers its group. */
  add({ letter, cause }: LetterEntry, handler: number, tenant: number | null): number {
    const { failedAtMs } = letter;
    const id = packId(letter.failureId);
    prepared(
      this.#db,
      `INSERT INTO failure_group (fingerprint, handler, reason, error, code, pattern, frames, count, open, first_ms, last_ms, example)
       VALUES (?, ?, ?, ?, ?, ?, ?, 1, 1, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + 1, open = open + 1, first_ms = min(first_ms, excluded.first_ms),
         example = CASE WHEN (excluded.last_ms, excluded.example) > (last_ms, example) THEN excluded.example ELSE example END,
         last_ms = max(last_ms, excluded.last_ms)`,
    ).run(
      cause.fingerprint,
      handler,
      letter.reason,
      cause.error,
      cause.code,
      cause.pattern,
      JSON.stringify(cause.frames),
      failedAtMs,
      failedAtMs,
      id,
    );
    const { ref } = rowOf<{ ref: number }>(this.#db, "SELECT ref FROM failure_group WHERE fingerprint = ?", cause.fingerprint)!;
    prepared(
      this.#db,
      `INSERT INTO failure_group_version VALUES (?, ?, 1, ?, ?) ON CONFLICT DO UPDATE SET count = count + 1,
         first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms)`,
    ).run(ref, this.#names.ref(letter.serviceVersion), failedAtMs, failedAtMs);
    prepared(this.#db, "INSERT INTO failure_group_hour VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1").run(
      ref,
      Math.floor(failedAtMs / hourMs),
    );
    this.#hurt(ref, tenant, 1);
    return ref;
  }

  /** A letter of the group was answered, asked for, opened again or replaced. */
  shift(group: number, before: CountedLetter, after: CountedLetter): void {
    const [open, asked] = [
      countsAs(after, "open") - countsAs(before, "open"),
      countsAs(after, "asked") - countsAs(before, "asked"),
    ];
    if (open === 0 && asked === 0) return;
    this.#hurt(group, after.tenant, open + asked);
    prepared(this.#db, "UPDATE failure_group SET open = open + ?, asked = asked + ? WHERE ref = ?").run(open, asked, group);
  }

  /** A letter went with retention. What was first seen, and when, stays for as long as the group has one. */
  remove(row: CountedLetter & { readonly failure_group: number; readonly version: number; readonly failed_ms: number }): void {
    const { failure_group: group } = row;
    prepared(this.#db, "UPDATE failure_group SET count = count - 1, open = open - ?, asked = asked - ? WHERE ref = ?").run(
      countsAs(row, "open"),
      countsAs(row, "asked"),
      group,
    );
    this.#hurt(group, row.tenant, -countsAs(row, "open") - countsAs(row, "asked"));
    const less = (table: string, column: string, value: number) => {
      prepared(this.#db, `UPDATE ${table} SET count = count - 1 WHERE failure_group = ? AND ${column} = ?`).run(group, value);
      prepared(this.#db, `DELETE FROM ${table} WHERE failure_group = ? AND ${column} = ? AND count <= 0`).run(group, value);
    };
    less("failure_group_version", "version", row.version);
    less("failure_group_hour", "hour", Math.floor(row.failed_ms / hourMs));
    prepared(this.#db, "DELETE FROM failure_group WHERE ref = ? AND count <= 0").run(group);
  }

  /** Counts what nobody has answered by tenant: who is hurt. */
  #hurt(group: number, tenant: number | null, more: number): void {
    if (tenant === null || more === 0) return;
    prepared(
      this.#db,
      "INSERT INTO failure_group_tenant VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET unanswered = unanswered + excluded.unanswered",
    ).run(group, tenant, more);
    prepared(this.#db, "DELETE FROM failure_group_tenant WHERE failure_group = ? AND tenant = ? AND unanswered <= 0").run(
      group,
      tenant,
    );
  }
}
