import type { OutboxRow } from "throughline/seams";
import type { OpenTransaction } from "../open-transaction.ts";
import { encodeText } from "../text-codec.ts";
import { countGiven, readNumbering } from "./numbering.ts";
import { outboxColumns, outboxRowOf, type StoredOutboxRow } from "./outbox-row.ts";
import { holdOutboxRows, stopOutboxRow } from "./outbox-stopping.ts";

/** So many rows are read at once, … */
const pageRows = 500;
/** … and no more once so much was read: a long outbox may be of large events. */
const mostBytes = 8 * 1024 * 1024;
/** Rows of stopped subjects that one call takes out of the way at most. */
const heldAtOnce = 5_000;

// The oldest tickets first, by their index, and then each row by its own: without OFFSET a join might read all that waits.
export const readPageSql = `
  SELECT ${outboxColumns}, s.sequence AS subject_sequence, s.sequence_epoch AS subject_epoch, s.stopped, o.id IS NULL AS is_gone
  FROM (SELECT ticket, id, sequence, sequence_epoch FROM throughline.outbox_tickets WHERE ticket > $1 ORDER BY ticket LIMIT $2) AS t
    LEFT JOIN LATERAL (SELECT * FROM throughline.outbox WHERE id = t.id OFFSET 0) AS o ON true
    LEFT JOIN LATERAL (SELECT * FROM throughline.subjects WHERE topic = o.topic AND subject = o.subject OFFSET 0) AS s ON true
  ORDER BY t.ticket`;
const saveNumbersSql = `
  UPDATE throughline.outbox_tickets AS t SET sequence = v.sequence, sequence_epoch = $3
  FROM unnest($1::bigint[], $2::bigint[]) AS v(ticket, sequence) WHERE t.ticket = v.ticket`;
const saveSubjectsSql = `
  INSERT INTO throughline.subjects (topic, subject, sequence, sequence_epoch)
  SELECT v.topic, v.subject, v.sequence, $4 FROM unnest($1::text[], $2::text[], $3::bigint[]) AS v(topic, subject, sequence)
  ORDER BY v.topic, v.subject
  ON CONFLICT (topic, subject) DO UPDATE SET sequence = excluded.sequence, sequence_epoch = excluded.sequence_epoch`;
const forgetTicketsSql = "DELETE FROM throughline.outbox_tickets WHERE ticket = ANY($1::bigint[])";

interface Subject {
  readonly topic: string;
  readonly subject: string;
  sequence: number;
}

type ReadRow = StoredOutboxRow & {
  readonly subject_sequence: number | null;
  readonly subject_epoch: number | null;
  readonly stopped: boolean | null;
  readonly is_gone: boolean;
};

/** The oldest rows that may be sent, numbered. Those of stopped subjects that it meets are taken out of the way, once and for all. */
export async function numberOutbox(transaction: OpenTransaction, limit: number): Promise<OutboxRow[]> {
  const rows: OutboxRow[] = [];
  const pageAfter = (ticket: number, count: number): Promise<ReadRow[]> =>
    transaction.rows<ReadRow>(readPageSql, [ticket, count]);
  // One at a time: a number that another transaction gave and has not committed yet would be given twice. Rows are read under the lock.
  const [{ sequenceEpoch }, firstPage] = await Promise.all([
    readNumbering(transaction, { lock: true }),
    pageAfter(0, Math.min(pageRows, limit)),
  ]);
  const round = new NumberingRound(sequenceEpoch);
  let after = 0;
  let held = 0;
  let bytes = 0;
  for (let isLast = false; !isLast && rows.length < limit && bytes < mostBytes;) {
    const wanted = Math.min(pageRows, limit - rows.length);
    const page = after === 0 ? firstPage : await pageAfter(after, wanted);
    isLast = page.length < wanted;
    const holds: number[] = [];
    const gone: number[] = [];
    for (const stored of page) {
      after = stored.ticket;
      bytes += sizeOf(stored);
      if (stored.is_gone) gone.push(stored.ticket);
      else if (stored.stopped === true || round.hasStopped(stored)) holds.push(stored.ticket);
      else {
        const row = readable(stored);
        if (row instanceof Error) await round.stop(transaction, stored, row);
        else rows.push(round.number(stored, row));
      }
    }
    await holdOutboxRows(transaction, holds);
    if (gone.length > 0) await transaction.rows(forgetTicketsSql, [gone]);
    held += holds.length;
    if (!isLast && held >= heldAtOnce) {
      // There is more: whoever waits for the outbox shall call again.
      transaction.hasPublished = true;
      isLast = true;
    }
  }
  await round.save(transaction);
  return rows;
}

/** Of one whose row is gone there is nothing but the ticket. */
const sizeOf = ({ key, value, headers }: ReadRow): number =>
  (key?.length ?? 0) + (value?.length ?? 0) + ((headers as string | null)?.length ?? 0);

function readable(stored: ReadRow): OutboxRow | Error {
  try {
    return outboxRowOf(stored);
  } catch (error) {
    return error as Error;
  }
}

class NumberingRound {
  readonly #sequenceEpoch: number;
  readonly #numbered: OutboxRow[] = [];
  readonly #subjects = new Map<string, Subject>();
  readonly #stopped = new Set<string>();

  constructor(sequenceEpoch: number) {
    this.#sequenceEpoch = sequenceEpoch;
  }

  /** Whether its subject was stopped by a row before it. */
  hasStopped({ topic, subject }: ReadRow): boolean {
    return this.#stopped.size > 0 && subject !== null && this.#stopped.has(keyOf(topic, subject));
  }

  number(stored: ReadRow, row: OutboxRow): OutboxRow {
    if (row.subject === null || row.sequence !== null) return row;
    const subject = this.#subjectOf(stored, row.subject);
    subject.sequence += 1;
    const numbered = { ...row, sequence: subject.sequence, sequenceEpoch: this.#sequenceEpoch };
    this.#numbered.push(numbered);
    return numbered;
  }

  /** One that nobody can read. */
  async stop(transaction: OpenTransaction, stored: ReadRow, { name, message }: Error): Promise<void> {
    await stopOutboxRow(transaction, stored.ticket, { name, code: null, message, stack: null }, stored.created_at_ms);
    if (stored.subject !== null) this.#stopped.add(keyOf(stored.topic, stored.subject));
  }

  async save(transaction: OpenTransaction): Promise<void> {
    if (this.#numbered.length === 0) return;
    const subjects = [...this.#subjects.values()];
    await Promise.all([
      transaction.rows(saveNumbersSql, [
        this.#numbered.map(({ ticket }) => ticket),
        this.#numbered.map(({ sequence }) => sequence),
        this.#sequenceEpoch,
      ]),
      transaction.rows(saveSubjectsSql, [
        subjects.map(({ topic }) => topic),
        subjects.map(({ subject }) => encodeText(subject)),
        subjects.map(({ sequence }) => sequence),
        this.#sequenceEpoch,
      ]),
      countGiven(transaction, this.#numbered.length),
    ]);
  }

  #subjectOf(stored: ReadRow, subject: string): Subject {
    const key = keyOf(stored.topic, subject);
    let known = this.#subjects.get(key);
    if (known === undefined) {
      // In a new numbering each subject begins anew.
      const sequence = stored.subject_epoch === this.#sequenceEpoch ? (stored.subject_sequence ?? 0) : 0;
      known = { topic: stored.topic, subject, sequence };
      this.#subjects.set(key, known);
    }
    return known;
  }
}

function keyOf(topic: string, subject: string): string {
  return `${topic}\0${subject}`;
}
