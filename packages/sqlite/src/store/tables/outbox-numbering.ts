import type { DatabaseSync } from "node:sqlite";
import type { OutboxRow } from "throughline/seams";
import { prepared } from "../../database/prepared.ts";
import type { OpenTransaction } from "../open-transaction.ts";
import { RowWriter } from "../row-batches.ts";
import { countGiven, readNumbering } from "./numbering.ts";
import { type NumberedOutboxRow, outboxRowOf, type StoredOutboxRow } from "./outbox-row.ts";
import { holdOutboxRow, stopOutboxRow } from "./outbox-stopping.ts";

/** So many rows are read at once, … */
const pageRows = 500;
/** … and no more once so much was read: a long outbox may be of large events. */
const mostBytes = 8 * 1024 * 1024;
/** Rows of stopped subjects that one call takes out of the way at most: some 50 ms. */
const heldAtOnce = 5_000;

const readSql = `
  SELECT o.*, n.sequence, n.sequence_epoch, s.sequence AS subject_sequence, s.sequence_epoch AS subject_epoch, s.stopped
  FROM throughline_outbox AS o
    LEFT JOIN throughline_outbox_numbers AS n ON n.ticket = o.ticket
    LEFT JOIN throughline_subjects AS s ON s.topic = o.topic AND s.subject = o.subject
  WHERE o.ticket > ? ORDER BY o.ticket LIMIT ?`;

const saveNumbers = new RowWriter<OutboxRow>({
  columns: 3,
  bind: (row, values) => void values.push(row.ticket, row.sequence, row.sequenceEpoch),
  text: (rows) => `INSERT INTO throughline_outbox_numbers (ticket, sequence, sequence_epoch) VALUES ${rows}`,
});

const saveSubjects = new RowWriter<Subject>({
  columns: 4,
  bind: (row, values) => void values.push(row.topic, row.subject, row.sequence, row.sequenceEpoch),
  text: (rows) => `
    INSERT INTO throughline_subjects (topic, subject, sequence, sequence_epoch) VALUES ${rows}
    ON CONFLICT DO UPDATE SET sequence = excluded.sequence, sequence_epoch = excluded.sequence_epoch`,
});

interface Subject {
  readonly topic: string;
  readonly subject: string;
  readonly sequenceEpoch: number;
  sequence: number;
}

type ReadRow = StoredOutboxRow & {
  readonly subject_sequence: number | null;
  readonly subject_epoch: number | null;
  readonly stopped: number | null;
};

/** The oldest rows that may be sent, numbered. Those of stopped subjects that it meets are taken out of the way, once and for all. */
export function numberOutbox(transaction: OpenTransaction, limit: number): OutboxRow[] {
  const db = transaction.connection();
  const rows: OutboxRow[] = [];
  const numbering = new Numbering(db);
  let after = 0;
  let held = 0;
  let bytes = 0;
  for (let isLast = false; !isLast && rows.length < limit && bytes < mostBytes;) {
    const wanted = Math.min(pageRows, limit - rows.length);
    const page = prepared(db, readSql).all(after, wanted) as unknown as ReadRow[];
    isLast = page.length < wanted;
    for (const stored of page) {
      after = stored.ticket;
      bytes += (stored.key?.length ?? 0) + (stored.value?.length ?? 0) + stored.headers.length;
      if (stored.stopped === 1 || numbering.hasStopped(stored)) {
        holdOutboxRow(db, stored.ticket);
        held += 1;
      } else {
        const row = numbering.number(stored);
        if (row !== null) rows.push(row);
      }
    }
    if (!isLast && held >= heldAtOnce) {
      // There is more: whoever waits for the outbox shall call again.
      transaction.wakesListeners = true;
      isLast = true;
    }
  }
  numbering.save();
  return rows;
}

class Numbering {
  readonly #db: DatabaseSync;
  readonly #numbered: OutboxRow[] = [];
  readonly #subjects = new Map<string, Subject>();
  readonly #stopped = new Set<string>();
  readonly #sequenceEpoch: number;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#sequenceEpoch = readNumbering(db).sequenceEpoch;
  }

  /** Whether its subject was stopped by a row before it. */
  hasStopped(stored: ReadRow): boolean {
    return this.#stopped.size > 0 && stored.subject !== null && this.#stopped.has(keyOf(stored.topic, stored.subject));
  }

  /** The row with its number. One that nobody can read is stopped, and null. */
  number(stored: ReadRow): OutboxRow | null {
    let row: NumberedOutboxRow;
    try {
      row = outboxRowOf(stored);
    } catch (error) {
      this.#stop(stored, error);
      return null;
    }
    if (row.subject === null || row.sequence !== null) return row;
    const subject = this.#subjectOf(stored, row.subject);
    subject.sequence += 1;
    row.sequence = subject.sequence;
    row.sequenceEpoch = subject.sequenceEpoch;
    this.#numbered.push(row);
    return row;
  }

  save(): void {
    saveNumbers.write(this.#db, [], this.#numbered);
    saveSubjects.write(this.#db, [], [...this.#subjects.values()]);
    countGiven(this.#db, this.#numbered.length);
  }

  #subjectOf(stored: ReadRow, subject: string): Subject {
    const key = keyOf(stored.topic, subject);
    let known = this.#subjects.get(key);
    if (known === undefined) {
      // In a new numbering each subject begins anew.
      const isOlder = stored.subject_epoch !== this.#sequenceEpoch;
      const sequence = isOlder ? 0 : (stored.subject_sequence ?? 0);
      known = { topic: stored.topic, subject, sequence, sequenceEpoch: this.#sequenceEpoch };
      this.#subjects.set(key, known);
    }
    return known;
  }

  #stop(stored: ReadRow, error: unknown): void {
    const { name, message } = error as Error;
    stopOutboxRow(this.#db, stored.ticket, { name, code: null, message, stack: null }, stored.created_at_ms);
    if (stored.subject !== null) this.#stopped.add(keyOf(stored.topic, stored.subject));
  }
}

function keyOf(topic: string, subject: string): string {
  return `${topic}\0${subject}`;
}
