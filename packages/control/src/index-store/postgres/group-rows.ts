import { type CountedLetter, countsAs, hourMs } from "../group-counts.ts";
import type { LetterEntry } from "../index-batch.ts";
import { storable, storableOrNull, whole } from "../../postgres/storable.ts";
import { countDown, hurt, sums } from "./group-counters.ts";
import type { Sql } from "./index-database.ts";
import type { Names } from "./names.ts";

/** A letter that counts, with the numbers of its names. */
export interface NewLetter {
  readonly entry: LetterEntry;
  readonly handler: number;
  readonly tenant: number | null;
}

/** What becomes of a letter in its group. */
export interface LetterChange {
  readonly group: number;
  readonly before: CountedLetter;
  readonly after: CountedLetter;
}

interface FirstAndLast {
  count: number;
  firstMs: number;
  lastMs: number;
}

/**
 * The counters of failure groups, kept with each letter and answer, so that a list of groups counts nothing. Of many letters each counter is
 * written once.
 */
export class GroupRows {
  readonly #names: Names;

  constructor(names: Names) {
    this.#names = names;
  }

  /** Counts new letters, which are open; answers the group of each. Their versions are known by now. */
  async add(sql: Sql, letters: readonly NewLetter[]): Promise<number[]> {
    const refs = await addGroups(sql, letters);
    const groups = letters.map(({ entry }) => refs.get(entry.cause.fingerprint)!);
    const versions = new Map<string, FirstAndLast & { readonly group: number; readonly version: number }>();
    for (const [index, { entry }] of letters.entries()) {
      const [group, version] = [groups[index]!, this.#names.known(entry.letter.serviceVersion)];
      const failedAtMs = whole(entry.letter.failedAtMs);
      const key = `${group}/${version}`;
      const seen = versions.get(key);
      if (seen === undefined) versions.set(key, { group, version, count: 1, firstMs: failedAtMs, lastMs: failedAtMs });
      else see(seen, failedAtMs);
    }
    const rows = [...versions.values()];
    await sql.run(
      `INSERT INTO failure_group_version AS v SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
       ON CONFLICT (failure_group, version) DO UPDATE SET count = v.count + excluded.count,
         first_ms = least(v.first_ms, excluded.first_ms), last_ms = greatest(v.last_ms, excluded.last_ms)`,
      rows.map(({ group }) => group),
      rows.map(({ version }) => version),
      rows.map(({ count }) => count),
      rows.map(({ firstMs }) => firstMs),
      rows.map(({ lastMs }) => lastMs),
    );
    const hours = sums(letters.map(({ entry }, index) => [groups[index]!, hourOf(whole(entry.letter.failedAtMs)), 1]));
    await sql.run(
      `INSERT INTO failure_group_hour AS h SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
       ON CONFLICT (failure_group, hour) DO UPDATE SET count = h.count + excluded.count`,
      ...hours,
    );
    await hurt(
      sql,
      letters.map(({ tenant }, index) => [groups[index]!, tenant, 1]),
    );
    return groups;
  }

  /** Letters were answered, asked for, opened again or replaced. */
  async shift(sql: Sql, changes: readonly LetterChange[]): Promise<void> {
    const more = (state: string) => changes.map(({ before, after }) => countsAs(after, state) - countsAs(before, state));
    const [open, asked] = [more("open"), more("asked")];
    if ([...open, ...asked].every((by) => by === 0)) return;
    await hurt(
      sql,
      changes.map(({ group, after }, index) => [group, after.tenant, open[index]! + asked[index]!]),
    );
    await sql.run(
      `UPDATE failure_group AS g SET open = g.open + by.open, asked = g.asked + by.asked
       FROM (SELECT ref, sum(open) AS open, sum(asked) AS asked FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS one (ref, open, asked)
         GROUP BY ref) AS by WHERE g.ref = by.ref`,
      changes.map(({ group }) => group),
      open,
      asked,
    );
  }

  /** Letters went with retention, or were replaced. What was first seen, and when, stays for as long as the group has one. */
  async remove(
    sql: Sql,
    rows: readonly (CountedLetter & { readonly failure_group: number; readonly version: number; readonly failed_ms: number })[],
  ): Promise<void> {
    if (rows.length === 0) return;
    const groups = rows.map((row) => row.failure_group);
    await sql.run(
      `UPDATE failure_group AS g SET count = g.count - by.count, open = g.open - by.open, asked = g.asked - by.asked
       FROM (SELECT ref, count(*) AS count, sum(open) AS open, sum(asked) AS asked
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS one (ref, open, asked) GROUP BY ref) AS by WHERE g.ref = by.ref`,
      groups,
      rows.map((row) => countsAs(row, "open")),
      rows.map((row) => countsAs(row, "asked")),
    );
    await hurt(
      sql,
      rows.map((row) => [row.failure_group, row.tenant, -countsAs(row, "open") - countsAs(row, "asked")]),
    );
    await countDown(sql, "version", sums(rows.map((row) => [row.failure_group, row.version, 1])));
    await countDown(sql, "hour", sums(rows.map((row) => [row.failure_group, hourOf(row.failed_ms), 1])));
    await sql.run("DELETE FROM failure_group WHERE ref = ANY ($1::bigint[]) AND count <= 0", groups);
  }
}

const hourOf = (ms: number): number => Math.floor(ms / hourMs);

function see(seen: FirstAndLast, ms: number): void {
  seen.count += 1;
  seen.firstMs = Math.min(seen.firstMs, ms);
  seen.lastMs = Math.max(seen.lastMs, ms);
}

/** Answers the groups by their fingerprints. The last letter is a group's example; of several in a millisecond the one with the greatest id. */
async function addGroups(sql: Sql, letters: readonly NewLetter[]): Promise<Map<string, number>> {
  const groups = new Map<string, FirstAndLast & { readonly of: NewLetter; example: string }>();
  for (const of of letters) {
    const { letter, cause } = of.entry;
    const [failedAtMs, id] = [whole(letter.failedAtMs), storable(letter.failureId)];
    const group = groups.get(cause.fingerprint);
    if (group === undefined) {
      groups.set(cause.fingerprint, { of, count: 1, firstMs: failedAtMs, lastMs: failedAtMs, example: id });
      continue;
    }
    if (failedAtMs > group.lastMs || (failedAtMs === group.lastMs && isAfter(id, group.example))) group.example = id;
    see(group, failedAtMs);
  }
  const rows = [...groups.values()];
  const column = <T>(value: (letter: NewLetter) => T): T[] => rows.map(({ of }) => value(of));
  const written = await sql.rows<{ ref: number; fingerprint: string }>(
    `INSERT INTO failure_group AS g (fingerprint, handler, reason, error, code, pattern, frames, count, open, first_ms, last_ms, example)
     SELECT fingerprint, handler, reason, error, code, pattern, frames, count, count, first_ms, last_ms, example
     FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[],
       $11::text[]) AS given (fingerprint, handler, reason, error, code, pattern, frames, count, first_ms, last_ms, example)
     ON CONFLICT (fingerprint) DO UPDATE SET count = g.count + excluded.count, open = g.open + excluded.open,
       first_ms = least(g.first_ms, excluded.first_ms),
       example = CASE WHEN (excluded.last_ms, excluded.example COLLATE "C") > (g.last_ms, g.example COLLATE "C") THEN excluded.example ELSE g.example END,
       last_ms = greatest(g.last_ms, excluded.last_ms)
     RETURNING ref, fingerprint`,
    column(({ entry }) => entry.cause.fingerprint),
    column(({ handler }) => handler),
    column(({ entry }) => storable(entry.letter.reason)),
    column(({ entry }) => storable(entry.cause.error)),
    column(({ entry }) => storableOrNull(entry.cause.code)),
    column(({ entry }) => storable(entry.cause.pattern)),
    column(({ entry }) => JSON.stringify(entry.cause.frames)),
    rows.map(({ count }) => count),
    rows.map(({ firstMs }) => firstMs),
    rows.map(({ lastMs }) => lastMs),
    rows.map(({ example }) => example),
  );
  return new Map(written.map(({ ref, fingerprint }) => [fingerprint, ref]));
}

/** As PostgreSQL compares texts without a language: by their bytes. */
const isAfter = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0;
