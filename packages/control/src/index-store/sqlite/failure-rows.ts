import type { DatabaseSync } from "node:sqlite";
import type { AuditEntry, DeadLetter } from "throughline/system-topics";
import type { AuditMark, LetterEntry } from "../index-batch.ts";
import type { TouchedFailure } from "./receipt-rows.ts";
import {
  type AuditedLetter,
  auditedLetter,
  clockSlackMs,
  type FailureStanding,
  isSameStanding,
  stateOf,
  type ToldAnswer,
} from "../failure-state.ts";
import { GroupRows } from "./group-rows.ts";
import { packId } from "./id-codec.ts";
import type { Names } from "./names.ts";
import type { Places } from "./places.ts";
import { prepared, rowOf, rowsOf } from "./prepared.ts";

const mostMessage = 1_000;

interface FailureRow extends FailureStanding {
  readonly no: number;
  readonly failure_id: Uint8Array | string;
  readonly handler: number;
  readonly place: number;
  readonly offset: number;
  readonly epoch: number;
  readonly failed_ms: number;
  readonly superseded: number;
  readonly failure_group: number;
  readonly tenant: number | null;
}

/** Writes dead letters in the caller's transaction, and keeps what became of them, and the counters of their groups, in step. */
export class FailureRows {
  readonly #db: DatabaseSync;
  readonly #names: Names;
  readonly #places: Places;
  readonly #groups: GroupRows;

  constructor(db: DatabaseSync, names: Names, places: Places) {
    this.#db = db;
    this.#names = names;
    this.#places = places;
    this.#groups = new GroupRows(db, names);
  }

  /**
   * A failure that dies again after a redrive keeps its id: the newer letter stands for it. One that is not newer was sent twice, or comes
   * late.
   */
  addLetter(entry: LetterEntry): void {
    const { letter, event, place: at } = entry;
    const id = packId(letter.failureId);
    const known = rowOf<FailureRow & { readonly version: number }>(this.#db, "SELECT * FROM failure WHERE failure_id = ?", id);
    if (known !== undefined) {
      if (known.failed_ms >= letter.failedAtMs) return;
      prepared(this.#db, "DELETE FROM failure WHERE no = ?").run(known.no);
      this.#groups.remove(known);
    }
    const handler = this.#names.handler(letter.service, letter.handler);
    const place = this.#placeOf(letter);
    const tenant = this.#names.refOrNull(event?.tenantId ?? null);
    const group = this.#groups.add(entry, handler, tenant);
    const { lastInsertRowid } = prepared(
      this.#db,
      `INSERT INTO failure (failure_id, handler, epoch, place, offset, letter_topic, letter_partition, letter_offset, version, reason,
         event, type, subject, correlation, tenant, error, code, message, attempts, failed_ms, holds, failure_group)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      id,
      handler,
      letter.epoch,
      place,
      letter.origin.offset,
      this.#names.ref(at.topic),
      at.partition,
      at.offset,
      this.#names.ref(letter.serviceVersion),
      letter.reason,
      packId(event?.id ?? null),
      this.#names.refOrNull(event?.type ?? null),
      event?.subject ?? null,
      packId(event?.correlationId ?? null),
      tenant,
      letter.error.name,
      letter.error.code,
      letter.error.message.slice(0, mostMessage),
      letter.attempts.length + (letter.attemptsOmitted ?? 0),
      letter.failedAtMs,
      letter.holdsSubject ? 1 : 0,
      group,
    );
    this.#supersede(place, letter.origin.offset, handler, letter.epoch);
    this.#settle(Number(lastInsertRowid));
  }

  /** What a receipt says may answer the letters of its place, or the one it names. */
  touch({ place, offset, handler, failureId }: TouchedFailure): void {
    const sql = "SELECT no FROM failure WHERE place = ? AND offset = ? AND handler = ?";
    const rows = rowsOf<{ no: number }>(this.#db, sql, place, offset, handler);
    const named =
      failureId === null
        ? undefined
        : rowOf<{ no: number }>(this.#db, "SELECT no FROM failure WHERE failure_id = ?", packId(failureId));
    for (const no of new Set([...rows, ...(named === undefined ? [] : [named])].map((row) => row.no))) this.#settle(no);
  }

  addAudit({ entry, place }: AuditMark): void {
    const failure = packId("about" in entry ? null : (entry.failureId ?? null));
    const insert = prepared(this.#db, "INSERT OR REPLACE INTO audit VALUES (?, ?, ?, ?, ?)");
    insert.run(place.partition, place.offset, failure, entry.atMs, JSON.stringify(entry));
    const row =
      failure === null ? undefined : rowOf<{ no: number }>(this.#db, "SELECT no FROM failure WHERE failure_id = ?", failure);
    if (row !== undefined) this.#settle(row.no);
  }

  /** A rebuild rereads what died in earlier epochs. */
  addRebuild(service: string, name: string, epoch: number): void {
    const handler = this.#names.handler(service, name);
    const { changes } = prepared(
      this.#db,
      "INSERT INTO rebuild VALUES (?, ?) ON CONFLICT DO UPDATE SET epoch = excluded.epoch WHERE excluded.epoch > rebuild.epoch",
    ).run(handler, epoch);
    if (changes === 0) return;
    const sql = "SELECT no FROM failure WHERE handler = ? AND epoch < ? AND state != 'answered'";
    for (const { no } of rowsOf<{ no: number }>(this.#db, sql, handler, epoch)) this.#settle(no);
  }

  /** The place of its origin: of the topic as it was, if the index knew that, else as it is named. */
  #placeOf({ origin }: DeadLetter): number {
    return this.#places.of(origin) ?? this.#places.named(origin.topic, origin.partition);
  }

  /** Of the letters of one place the newest counts; the later in the log, where two died in the same millisecond. */
  #supersede(place: number, offset: number, handler: number, epoch: number): void {
    const rows = rowsOf<FailureRow>(
      this.#db,
      `SELECT * FROM failure WHERE place = ? AND offset = ? AND handler = ? AND epoch = ?
       ORDER BY failed_ms DESC, letter_partition DESC, letter_offset DESC`,
      place,
      offset,
      handler,
      epoch,
    );
    for (const [index, row] of rows.entries()) {
      const superseded = index === 0 ? 0 : 1;
      if (row.superseded === superseded) continue;
      prepared(this.#db, "UPDATE failure SET superseded = ? WHERE no = ?").run(superseded, row.no);
      this.#groups.shift(row.failure_group, row, { ...row, superseded });
    }
  }

  /** Reads what is known of a failure, and writes what follows. It follows from what is known alone, in whatever order that came. */
  #settle(no: number): void {
    const row = rowOf<FailureRow>(this.#db, "SELECT * FROM failure WHERE no = ?", no)!;
    const next = { ...row, ...stateOf(this.#told(row), this.#audited(row), this.#rebuilt(row)) };
    if (isSameStanding(row, next)) return;
    prepared(this.#db, "UPDATE failure SET state = ?, answer = ?, asked_action = ?, asked_by = ?, asked_ms = ? WHERE no = ?").run(
      next.state,
      next.answer,
      next.asked_action,
      next.asked_by,
      next.asked_ms,
      no,
    );
    this.#groups.shift(row.failure_group, row, next);
  }

  #told(row: FailureRow): ToldAnswer[] {
    return rowsOf<ToldAnswer>(
      this.#db,
      `SELECT outcome, body, failure = ?1 AS named, told_partition, told_offset FROM receipt_told
         WHERE place = ?2 AND offset = ?3 AND handler = ?4 AND epoch = ?5
       UNION SELECT outcome, body, 1, told_partition, told_offset FROM receipt_told WHERE failure = ?1
       ORDER BY told_partition, told_offset`,
      row.failure_id,
      row.place,
      row.offset,
      row.handler,
      row.epoch,
    );
  }

  #audited(row: FailureRow): AuditedLetter {
    const sql = "SELECT body FROM audit WHERE failure = ? AND at_ms >= ? ORDER BY partition, offset";
    const found = rowsOf<{ body: string }>(this.#db, sql, row.failure_id, row.failed_ms - clockSlackMs);
    return auditedLetter(
      found.map(({ body }) => JSON.parse(body) as AuditEntry),
      row.failed_ms,
    );
  }

  #rebuilt(row: FailureRow): boolean {
    const sql = "SELECT 1 FROM rebuild WHERE handler = ? AND epoch > ?";
    return rowOf(this.#db, sql, row.handler, row.epoch) !== undefined;
  }
}
