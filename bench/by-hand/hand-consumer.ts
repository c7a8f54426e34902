import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { invoicesTable, insertInvoice } from "../invoices.ts";
import { insertRows, openByHand, places, rowsAtOnce } from "./hand-database.ts";
import { keyOf, readByHand } from "./hand-event.ts";
import { type HandLog, partitionCount } from "./hand-log.ts";

const batchSize = 500;

/**
 * Exactly-once consuming as one would write it by hand: in a transaction for each batch of a partition the cursor, the inbox's
 * known ids, the subjects' positions, the effects, the inbox rows, the new positions, and the moved cursor.
 */
export class HandConsumer {
  readonly #log: HandLog;
  readonly #db: DatabaseSync;
  readonly #offsets = Array.from({ length: partitionCount }, () => 0);
  readonly #lockCursor: StatementSync;
  readonly #moveCursor: StatementSync;
  readonly #findKnown: StatementSync;
  readonly #findPositions: StatementSync;
  readonly #effect: StatementSync;
  readonly #addInbox: StatementSync;
  readonly #addInboxRow: StatementSync;
  readonly #savePositions: StatementSync;
  readonly #savePosition: StatementSync;

  constructor(log: HandLog, file: string) {
    this.#log = log;
    this.#db = openByHand(
      file,
      4096,
      `CREATE TABLE inbox (handler INTEGER, epoch INTEGER, key BLOB, part INTEGER, off INTEGER, outcome INTEGER, at INTEGER, micros INTEGER,
         PRIMARY KEY (handler, epoch, key)) WITHOUT ROWID;
       CREATE INDEX inbox_by_age ON inbox (at);
       CREATE TABLE positions (handler INTEGER, epoch INTEGER, stream TEXT, subject TEXT, sequence INTEGER, sequence_epoch INTEGER,
         baseline INTEGER, parked INTEGER, PRIMARY KEY (handler, epoch, stream, subject)) WITHOUT ROWID;
       CREATE TABLE cursors (handler INTEGER, epoch INTEGER, topic TEXT, part INTEGER, next INTEGER, log_time INTEGER,
         PRIMARY KEY (handler, epoch, topic, part)) WITHOUT ROWID;
       ${invoicesTable}`,
    );
    const db = this.#db;
    const inboxSql = "INSERT INTO inbox VALUES";
    const savePosition = (rows: number): string =>
      `INSERT INTO positions VALUES ${places(8, rows)} ON CONFLICT DO UPDATE SET sequence = excluded.sequence,
         sequence_epoch = excluded.sequence_epoch, baseline = excluded.baseline, parked = excluded.parked`;
    this.#lockCursor = db.prepare("SELECT next FROM cursors WHERE handler = 1 AND epoch = 1 AND topic = 'order' AND part = ?");
    this.#moveCursor = db.prepare(
      "UPDATE cursors SET next = ?, log_time = ? WHERE handler = 1 AND epoch = 1 AND topic = 'order' AND part = ? AND next = ?",
    );
    this.#findKnown = db.prepare(`SELECT key FROM inbox WHERE handler = ? AND epoch = ? AND key IN (${places(1, rowsAtOnce)})`);
    this.#findPositions = db.prepare(
      `SELECT subject, sequence FROM positions WHERE handler = ? AND epoch = ? AND stream = ? AND subject IN (${places(1, rowsAtOnce)})`,
    );
    this.#effect = db.prepare(insertInvoice);
    this.#addInbox = db.prepare(`${inboxSql} ${places(8, rowsAtOnce)}`);
    this.#addInboxRow = db.prepare(`${inboxSql} ${places(8, 1)}`);
    this.#savePositions = db.prepare(savePosition(rowsAtOnce));
    this.#savePosition = db.prepare(savePosition(1));
    for (let part = 0; part < partitionCount; part += 1)
      db.prepare("INSERT INTO cursors VALUES (1, 1, 'order', ?, 0, 0)").run(part);
  }

  /** Handles everything that stands in the log; answers how many events it applied. */
  consume(): number {
    let applied = 0;
    for (let isDone = false; !isDone;) {
      isDone = true;
      for (let part = 0; part < partitionCount; part += 1) {
        const count = this.#consumeSome(part);
        applied += count;
        if (count > 0) isDone = false;
      }
    }
    return applied;
  }

  close(): void {
    this.#db.close();
  }

  #consumeSome(part: number): number {
    const from = this.#offsets[part] as number;
    const events = this.#log.read(part, from, batchSize).map(readByHand);
    if (events.length === 0) return 0;
    const keys = events.map(({ id }) => keyOf(id));
    const subjects = [...new Set(events.map(({ subject }) => subject))];
    this.#db.exec("BEGIN IMMEDIATE");
    if (this.#lockCursor.get(part)?.["next"] !== from) throw new Error("somebody else moved the cursor");
    const known = new Set<string>();
    for (const row of find(this.#findKnown, [1, 1], keys)) known.add(Buffer.from(row["key"] as Uint8Array).toString("hex"));
    const positions = new Map<string, number>();
    for (const row of find(this.#findPositions, [1, 1, "order"], subjects))
      positions.set(row["subject"] as string, row["sequence"] as number);

    const inbox: SQLInputValue[][] = [];
    for (const [index, event] of events.entries()) {
      if (known.has(event.id.replaceAll("-", ""))) continue;
      if (event.sequence !== (positions.get(event.subject) ?? 0) + 1) throw new Error("out of order");
      const startedAt = performance.now();
      this.#effect.run(event.data.order_id, event.data.total);
      const micros = Math.round((performance.now() - startedAt) * 1_000);
      inbox.push([1, 1, keys[index] as Uint8Array, part, from + index, 0, Date.now(), micros]);
      positions.set(event.subject, event.sequence);
    }
    insertRows(this.#addInbox, this.#addInboxRow, inbox);
    insertRows(
      this.#savePositions,
      this.#savePosition,
      [...positions].map(([subject, sequence]) => [1, 1, "order", subject, sequence, 0, 1, 0]),
    );
    this.#moveCursor.run(from + events.length, Date.now(), part, from);
    this.#db.exec("COMMIT");
    this.#offsets[part] = from + events.length;
    return inbox.length;
  }
}

function find(statement: StatementSync, shared: readonly SQLInputValue[], keys: readonly SQLInputValue[]) {
  const found: Record<string, SQLInputValue>[] = [];
  for (let at = 0; at < keys.length; at += rowsAtOnce) {
    const values = [...shared, ...keys.slice(at, at + rowsAtOnce)];
    while (values.length < shared.length + rowsAtOnce) values.push(null);
    found.push(...statement.all(...values));
  }
  return found;
}
