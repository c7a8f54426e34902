import type { AuditMark, LetterEntry } from "../index-batch.ts";
import { storable, whole } from "../../postgres/storable.ts";
import { addAudit } from "./audit-rows.ts";
import { settle } from "./failure-standings.ts";
import { GroupRows } from "./group-rows.ts";
import type { Sql } from "./index-database.ts";
import { failuresOf, oldestFailures, removeLetters } from "./known-failures.ts";
import { LetterRows } from "./letter-rows.ts";
import type { Names } from "./names.ts";
import type { Places } from "./places.ts";
import type { TouchedFailure } from "./receipt-rows.ts";

/** Writes dead letters in the caller's transaction, and keeps what became of them, and the counters of their groups, in step. */
export class FailureRows {
  readonly #names: Names;
  readonly #groups: GroupRows;
  readonly #letters: LetterRows;

  constructor(names: Names, places: Places) {
    this.#names = names;
    this.#groups = new GroupRows(names);
    this.#letters = new LetterRows(names, places, this.#groups);
  }

  /** What a batch brought: letters, receipts that may answer letters, and what was asked for. A statement takes all of a kind. */
  async add(
    sql: Sql,
    batch: {
      readonly letters: readonly LetterEntry[];
      readonly touched: readonly TouchedFailure[];
      readonly audit: readonly AuditMark[];
    },
  ): Promise<void> {
    const added = await this.#letters.add(sql, batch.letters);
    const touched = await touchedBy(sql, batch.touched);
    const asked = await numbersOf(sql, await addAudit(sql, batch.audit));
    await settle(sql, this.#groups, [...added, ...touched, ...asked]);
  }

  /** A rebuild rereads what died in earlier epochs. */
  async addRebuild(sql: Sql, service: string, name: string, epoch: number): Promise<void> {
    const handler = await this.#names.handler(sql, service, name);
    const changed = await sql.run(
      `INSERT INTO rebuild VALUES ($1, $2) ON CONFLICT (handler) DO UPDATE SET epoch = excluded.epoch WHERE excluded.epoch > rebuild.epoch`,
      handler,
      whole(epoch),
    );
    if (changed === 0) return;
    const open = "SELECT no FROM failure WHERE handler = $1 AND epoch < $2 AND state != 'answered'";
    const rows = await sql.rows<{ no: number }>(open, handler, whole(epoch));
    await settle(
      sql,
      this.#groups,
      rows.map(({ no }) => no),
    );
  }

  /** For retention: letters go, and are counted no more. */
  async remove(sql: Sql, beforeMs: number, most: number): Promise<number> {
    const rows = await oldestFailures(sql, beforeMs, most);
    await removeLetters(sql, this.#groups, rows);
    return rows.length;
  }
}

/** The letters that receipts may answer: those of their places, and those that they name. */
async function touchedBy(sql: Sql, touched: readonly TouchedFailure[]): Promise<number[]> {
  if (touched.length === 0) return [];
  const rows = await sql.rows<{ no: number }>(
    `SELECT f.no FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS at (place, "offset", handler)
     JOIN failure f ON f.place = at.place AND f."offset" = at."offset" AND f.handler = at.handler`,
    touched.map(({ place }) => place),
    touched.map(({ offset }) => offset),
    touched.map(({ handler }) => handler),
  );
  const named = await numbersOf(
    sql,
    touched.flatMap(({ failureId }) => (failureId === null ? [] : [storable(failureId)])),
  );
  return [...rows.map(({ no }) => no), ...named];
}

async function numbersOf(sql: Sql, failureIds: readonly string[]): Promise<number[]> {
  return failureIds.length === 0 ? [] : (await failuresOf(sql, failureIds)).map(({ no }) => no);
}
