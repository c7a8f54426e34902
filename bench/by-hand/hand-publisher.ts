import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { OrderData } from "../order-events.ts";
import { insertRows, openByHand, places, rowsAtOnce } from "./hand-database.ts";
import { headersOf, newId, numbered } from "./hand-event.ts";
import type { HandLog } from "./hand-log.ts";

const batchSize = 500;

interface OutboxRow {
  readonly ticket: number;
  readonly subject: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly headers: string;
  readonly last: number | null;
}

/** A transactional outbox as one would write it by hand, and its relay: numbers rows durably, appends them, removes them. */
export class HandPublisher {
  readonly #log: HandLog;
  readonly #db: DatabaseSync;
  readonly #add: StatementSync;
  readonly #read: StatementSync;
  readonly #saveNumbers: StatementSync;
  readonly #saveNumber: StatementSync;
  readonly #saveSubjects: StatementSync;
  readonly #saveSubject: StatementSync;
  readonly #removeNumbers: StatementSync;
  readonly #remove: StatementSync;
  #sent: { readonly first: number; readonly last: number } | null = null;

  constructor(log: HandLog, file: string) {
    this.#log = log;
    this.#db = openByHand(
      file,
      4096,
      `CREATE TABLE outbox (ticket INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, topic TEXT NOT NULL, subject TEXT,
         created_at_ms INTEGER NOT NULL, once INTEGER NOT NULL, headers TEXT NOT NULL, key BLOB, value BLOB);
       CREATE TABLE numbers (ticket INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, sequence_epoch INTEGER NOT NULL);
       CREATE TABLE subjects (topic TEXT, subject TEXT, sequence INTEGER, sequence_epoch INTEGER, PRIMARY KEY (topic, subject)) WITHOUT ROWID;`,
    );
    const db = this.#db;
    const numbersSql = "INSERT INTO numbers VALUES";
    const saveSubject = (rows: number): string =>
      `INSERT INTO subjects VALUES ${places(4, rows)} ON CONFLICT DO UPDATE SET sequence = excluded.sequence`;
    this.#add = db.prepare(
      "INSERT INTO outbox (event_id, topic, subject, key, value, headers, created_at_ms, once) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#read = db.prepare(
      `SELECT o.ticket, o.subject, o.key, o.value, o.headers, s.sequence AS last FROM outbox AS o
         LEFT JOIN numbers AS n ON n.ticket = o.ticket LEFT JOIN subjects AS s ON s.topic = o.topic AND s.subject = o.subject
       ORDER BY o.ticket LIMIT ${batchSize}`,
    );
    this.#saveNumbers = db.prepare(`${numbersSql} ${places(3, rowsAtOnce)}`);
    this.#saveNumber = db.prepare(`${numbersSql} ${places(3, 1)}`);
    this.#saveSubjects = db.prepare(saveSubject(rowsAtOnce));
    this.#saveSubject = db.prepare(saveSubject(1));
    this.#removeNumbers = db.prepare("DELETE FROM numbers WHERE ticket BETWEEN ? AND ?");
    this.#remove = db.prepare("DELETE FROM outbox WHERE ticket BETWEEN ? AND ?");
  }

  /** Publishes in one transaction. */
  publish(events: readonly OrderData[]): void {
    this.#db.exec("BEGIN IMMEDIATE");
    for (const data of events) {
      const id = newId();
      const key = Buffer.from(data.order_id);
      const value = Buffer.from(JSON.stringify(data));
      this.#add.run(id, "order", data.order_id, key, value, JSON.stringify(headersOf(id, data)), Date.now(), 0);
    }
    this.#db.exec("COMMIT");
  }

  /** One round of the relay; false when there was nothing to send. */
  relay(): boolean {
    const rows = this.#number();
    if (rows.length === 0) return false;
    this.#log.append(rows);
    return true;
  }

  close(): void {
    this.#db.close();
  }

  #number() {
    this.#db.exec("BEGIN IMMEDIATE");
    if (this.#sent !== null) {
      this.#removeNumbers.run(this.#sent.first, this.#sent.last);
      this.#remove.run(this.#sent.first, this.#sent.last);
    }
    const rows = this.#read.all() as unknown as OutboxRow[];
    const subjects = new Map<string, number>();
    const sequenced = rows.map(({ ticket, subject, key, value, headers, last }) => {
      const sequence = (subjects.get(subject) ?? last ?? 0) + 1;
      subjects.set(subject, sequence);
      return { ticket, sequence, key, value, headers: numbered(JSON.parse(headers) as Record<string, string>, sequence) };
    });
    insertRows(
      this.#saveNumbers,
      this.#saveNumber,
      sequenced.map(({ ticket, sequence }) => [ticket, sequence, 0]),
    );
    insertRows(
      this.#saveSubjects,
      this.#saveSubject,
      [...subjects].map(([subject, sequence]) => ["order", subject, sequence, 0]),
    );
    this.#db.exec("COMMIT");
    this.#sent = rows.length === 0 ? null : { first: rows[0]?.ticket ?? 0, last: rows.at(-1)?.ticket ?? 0 };
    return sequenced;
  }
}
