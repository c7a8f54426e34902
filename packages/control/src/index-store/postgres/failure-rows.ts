import type { AuditEntry, DeadLetter } from "throughline/system-topics";
import {
  type AuditedLetter,
  auditedLetter,
  clockSlackMs,
  type FailureStanding,
  isSameStanding,
  stateOf,
  type ToldAnswer,
} from "../failure-state.ts";
import type { AuditMark, LetterEntry } from "../index-batch.ts";
import { GroupRows } from "./group-rows.ts";
import { storable, storableOrNull, whole } from "../../postgres/storable.ts";
import type { Sql } from "./index-database.ts";
import type { Names } from "./names.ts";
import type { Places } from "./places.ts";
import type { TouchedFailure } from "./receipt-rows.ts";

const mostMessage = 1_000;

interface FailureRow extends FailureStanding {
  readonly no: number;
  readonly failure_id: string;
  readonly handler: number;
  readonly place: number;
  readonly offset: number;
  readonly epoch: number;
  readonly failed_ms: number;
  readonly superseded: number;
  readonly failure_group: number;
  readonly tenant: number | null;
  readonly version: number;
}

const byFailureId = "WHERE md5(failure_id) = md5($1) AND failure_id = $1";

/** Writes dead letters in the caller's transaction, and keeps what became of them, and the counters of their groups, in step. */
export class FailureRows {
  readonly #names: Names;
  readonly #places: Places;
  readonly #groups: GroupRows;

  constructor(names: Names, places: Places) {
    this.#names = names;
    this.#places = places;
    this.#groups = new GroupRows(names);
  }

  /**
   * A failure that dies again after a redrive keeps its id: the newer letter stands for it. One that is not newer was sent twice, or comes
   * late.
   */
  async addLetter(sql: Sql, entry: LetterEntry): Promise<void> {
    const { letter, event, place: at } = entry;
    const id = storable(letter.failureId);
    const known = await sql.row<FailureRow>(`SELECT * FROM failure ${byFailureId}`, id);
    if (known !== undefined) {
      if (known.failed_ms >= whole(letter.failedAtMs)) return;
      await sql.run("DELETE FROM failure WHERE no = $1", known.no);
      await this.#groups.remove(sql, known);
    }
    await this.#names.learn(sql, [at.topic, letter.serviceVersion, event?.type ?? null, event?.tenantId ?? null]);
    const handler = await this.#names.handler(sql, letter.service, letter.handler);
    const place = await this.#placeOf(sql, letter);
    const tenant = await this.#names.refOrNull(sql, event?.tenantId ?? null);
    const group = await this.#groups.add(sql, entry, handler, tenant);
    const { no } = (await sql.row<{ no: number }>(
      `INSERT INTO failure (failure_id, handler, epoch, place, "offset", letter_topic, letter_partition, letter_offset, version, reason,
         event, type, subject, correlation, tenant, error, code, message, attempts, failed_ms, holds, failure_group)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) RETURNING no`,
      id,
      handler,
      letter.epoch,
      place,
      letter.origin.offset,
      this.#names.known(at.topic),
      at.partition,
      at.offset,
      this.#names.known(letter.serviceVersion),
      storable(letter.reason),
      storableOrNull(event?.id ?? null),
      await this.#names.refOrNull(sql, event?.type ?? null),
      storableOrNull(event?.subject ?? null),
      storableOrNull(event?.correlationId ?? null),
      tenant,
      storable(letter.error.name),
      storableOrNull(letter.error.code),
      storable(letter.error.message.slice(0, mostMessage)),
      whole(letter.attempts.length + Number(letter.attemptsOmitted ?? 0)),
      whole(letter.failedAtMs),
      letter.holdsSubject === true,
      group,
    ))!;
    await this.#supersede(sql, place, letter.origin.offset, handler, letter.epoch);
    await this.#settle(sql, no);
  }

  /** What a receipt says may answer the letters of its place, or the one it names. */
  async touch(sql: Sql, { place, offset, handler, failureId }: TouchedFailure): Promise<void> {
    const rows = await sql.rows<{ no: number }>(
      'SELECT no FROM failure WHERE place = $1 AND "offset" = $2 AND handler = $3',
      place,
      offset,
      handler,
    );
    const named =
      failureId === null ? [] : await sql.rows<{ no: number }>(`SELECT no FROM failure ${byFailureId}`, storable(failureId));
    for (const no of new Set([...rows, ...named].map((row) => row.no))) await this.#settle(sql, no);
  }

  async addAudit(sql: Sql, { entry, place }: AuditMark): Promise<void> {
    const about = "about" in entry ? storable(entry.about) : null;
    const failure = "about" in entry ? null : storableOrNull(entry.failureId ?? null);
    const { service, handler } = "about" in entry ? { service: null, handler: null } : entry;
    await sql.run(
      `INSERT INTO audit VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (partition, "offset") DO UPDATE SET
         failure = excluded.failure, about = excluded.about, service = excluded.service, handler = excluded.handler,
         action = excluded.action, by_whom = excluded.by_whom, at_ms = excluded.at_ms, body = excluded.body`,
      place.partition,
      place.offset,
      failure,
      about,
      storableOrNull(service),
      storableOrNull(handler),
      storable(entry.action),
      storable(entry.by),
      whole(entry.atMs),
      JSON.stringify(entry),
    );
    const row = failure === null ? undefined : await sql.row<{ no: number }>(`SELECT no FROM failure ${byFailureId}`, failure);
    if (row !== undefined) await this.#settle(sql, row.no);
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
    for (const { no } of await sql.rows<{ no: number }>(open, handler, whole(epoch))) await this.#settle(sql, no);
  }

  /** For retention: a letter goes, and is counted no more. */
  async remove(sql: Sql, beforeMs: number, most: number): Promise<number> {
    const rows = await sql.rows<FailureRow>(
      "SELECT * FROM failure WHERE failed_ms < $1 ORDER BY failed_ms, no LIMIT $2",
      beforeMs,
      most,
    );
    for (const row of rows) {
      await sql.run("DELETE FROM failure WHERE no = $1", row.no);
      await this.#groups.remove(sql, row);
    }
    return rows.length;
  }

  /** The place of its origin: of the topic as it was, if the index knew that, else as it is named. */
  async #placeOf(sql: Sql, { origin }: DeadLetter): Promise<number> {
    return (await this.#places.of(sql, origin)) ?? this.#places.named(sql, origin.topic, origin.partition);
  }

  /** Of the letters of one place the newest counts; the later in the log, where two died in the same millisecond. */
  async #supersede(sql: Sql, place: number, offset: number, handler: number, epoch: number): Promise<void> {
    const rows = await sql.rows<FailureRow>(
      `SELECT * FROM failure WHERE place = $1 AND "offset" = $2 AND handler = $3 AND epoch = $4
       ORDER BY failed_ms DESC, letter_partition DESC, letter_offset DESC`,
      place,
      offset,
      handler,
      epoch,
    );
    for (const [index, row] of rows.entries()) {
      const superseded = index === 0 ? 0 : 1;
      if (row.superseded === superseded) continue;
      await sql.run("UPDATE failure SET superseded = $2 WHERE no = $1", row.no, superseded);
      await this.#groups.shift(sql, row.failure_group, row, { ...row, superseded });
    }
  }

  /** Reads what is known of a failure, and writes what follows. It follows from what is known alone, in whatever order that came. */
  async #settle(sql: Sql, no: number): Promise<void> {
    const row = (await sql.row<FailureRow>("SELECT * FROM failure WHERE no = $1", no))!;
    const next = { ...row, ...stateOf(await told(sql, row), await audited(sql, row), await isRebuilt(sql, row)) };
    if (isSameStanding(row, next)) return;
    await sql.run(
      "UPDATE failure SET state = $2, answer = $3, asked_action = $4, asked_by = $5, asked_ms = $6 WHERE no = $1",
      no,
      next.state,
      next.answer,
      storableOrNull(next.asked_action),
      storableOrNull(next.asked_by),
      next.asked_ms,
    );
    await this.#groups.shift(sql, row.failure_group, row, next);
  }
}

const told = (sql: Sql, row: FailureRow): Promise<ToldAnswer[]> =>
  sql.rows<ToldAnswer>(
    `SELECT outcome, body, (failure IS NOT DISTINCT FROM $1)::integer AS named, told_partition, told_offset FROM receipt_told
       WHERE place = $2 AND "offset" = $3 AND handler = $4 AND epoch = $5
     UNION SELECT outcome, body, 1, told_partition, told_offset FROM receipt_told WHERE md5(failure) = md5($1) AND failure = $1
     ORDER BY told_partition, told_offset`,
    row.failure_id,
    row.place,
    row.offset,
    row.handler,
    row.epoch,
  );

async function audited(sql: Sql, row: FailureRow): Promise<AuditedLetter> {
  const found = await sql.rows<{ body: string }>(
    `SELECT body FROM audit WHERE md5(failure) = md5($1) AND failure = $1 AND at_ms >= $2 ORDER BY partition, "offset"`,
    row.failure_id,
    row.failed_ms - clockSlackMs,
  );
  return auditedLetter(
    found.map(({ body }) => JSON.parse(body) as AuditEntry),
    row.failed_ms,
  );
}

const isRebuilt = async (sql: Sql, row: FailureRow): Promise<boolean> =>
  (await sql.row("SELECT 1 FROM rebuild WHERE handler = $1 AND epoch > $2", row.handler, row.epoch)) !== undefined;
