import { type CountedLetter, countsAs, hourMs } from "../group-counts.ts";
import type { LetterEntry } from "../index-batch.ts";
import { storable, storableOrNull, whole } from "../../postgres/storable.ts";
import type { Sql } from "./index-database.ts";
import type { Names } from "./names.ts";

/** The counters of failure groups, kept with each letter and answer, so that a list of groups counts nothing. */
export class GroupRows {
  readonly #names: Names;

  constructor(names: Names) {
    this.#names = names;
  }

  /** Counts a new letter, which is open; answers its group. */
  async add(sql: Sql, { letter, cause }: LetterEntry, handler: number, tenant: number | null): Promise<number> {
    const failedAtMs = whole(letter.failedAtMs);
    const { ref } = (await sql.row<{ ref: number }>(
      `INSERT INTO failure_group AS g (fingerprint, handler, reason, error, code, pattern, frames, count, open, first_ms, last_ms, example)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 1, $8, $8, $9)
       ON CONFLICT (fingerprint) DO UPDATE SET count = g.count + 1, open = g.open + 1, first_ms = least(g.first_ms, excluded.first_ms),
         example = CASE WHEN (excluded.last_ms, excluded.example COLLATE "C") > (g.last_ms, g.example COLLATE "C") THEN excluded.example ELSE g.example END,
         last_ms = greatest(g.last_ms, excluded.last_ms)
       RETURNING ref`,
      cause.fingerprint,
      handler,
      storable(letter.reason),
      storable(cause.error),
      storableOrNull(cause.code),
      storable(cause.pattern),
      JSON.stringify(cause.frames),
      failedAtMs,
      storable(letter.failureId),
    ))!;
    await sql.run(
      `INSERT INTO failure_group_version AS v VALUES ($1, $2, 1, $3, $3) ON CONFLICT (failure_group, version) DO UPDATE SET
         count = v.count + 1, first_ms = least(v.first_ms, excluded.first_ms), last_ms = greatest(v.last_ms, excluded.last_ms)`,
      ref,
      await this.#names.ref(sql, letter.serviceVersion),
      failedAtMs,
    );
    await sql.run(
      `INSERT INTO failure_group_hour AS h VALUES ($1, $2, 1) ON CONFLICT (failure_group, hour) DO UPDATE SET count = h.count + 1`,
      ref,
      Math.floor(failedAtMs / hourMs),
    );
    await hurt(sql, ref, tenant, 1);
    return ref;
  }

  /** A letter of the group was answered, asked for, opened again or replaced. */
  async shift(sql: Sql, group: number, before: CountedLetter, after: CountedLetter): Promise<void> {
    const [open, asked] = [
      countsAs(after, "open") - countsAs(before, "open"),
      countsAs(after, "asked") - countsAs(before, "asked"),
    ];
    if (open === 0 && asked === 0) return;
    await hurt(sql, group, after.tenant, open + asked);
    await sql.run("UPDATE failure_group SET open = open + $2, asked = asked + $3 WHERE ref = $1", group, open, asked);
  }

  /** A letter went with retention. What was first seen, and when, stays for as long as the group has one. */
  async remove(
    sql: Sql,
    row: CountedLetter & { readonly failure_group: number; readonly version: number; readonly failed_ms: number },
  ): Promise<void> {
    const { failure_group: group } = row;
    const [open, asked] = [countsAs(row, "open"), countsAs(row, "asked")];
    await sql.run(
      "UPDATE failure_group SET count = count - 1, open = open - $2, asked = asked - $3 WHERE ref = $1",
      group,
      open,
      asked,
    );
    await hurt(sql, group, row.tenant, -open - asked);
    const version = "WHERE failure_group = $1 AND version = $2";
    await sql.run(`UPDATE failure_group_version SET count = count - 1 ${version}`, group, row.version);
    await sql.run(`DELETE FROM failure_group_version ${version} AND count <= 0`, group, row.version);
    const hour = "WHERE failure_group = $1 AND hour = $2";
    await sql.run(`UPDATE failure_group_hour SET count = count - 1 ${hour}`, group, Math.floor(row.failed_ms / hourMs));
    await sql.run(`DELETE FROM failure_group_hour ${hour} AND count <= 0`, group, Math.floor(row.failed_ms / hourMs));
    await sql.run("DELETE FROM failure_group WHERE ref = $1 AND count <= 0", group);
  }
}

/** Counts what nobody has answered by tenant: who is hurt. */
async function hurt(sql: Sql, group: number, tenant: number | null, more: number): Promise<void> {
  if (tenant === null || more === 0) return;
  await sql.run(
    `INSERT INTO failure_group_tenant AS t VALUES ($1, $2, $3) ON CONFLICT (failure_group, tenant) DO UPDATE SET
       unanswered = t.unanswered + excluded.unanswered`,
    group,
    tenant,
    more,
  );
  await sql.run("DELETE FROM failure_group_tenant WHERE failure_group = $1 AND tenant = $2 AND unanswered <= 0", group, tenant);
}
