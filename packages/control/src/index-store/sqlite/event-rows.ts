import type { DatabaseSync } from "node:sqlite";
import type { SeenEvent } from "../../reading/seen-event.ts";
import type { EventQuery } from "../index-store.ts";
import { byFlow, byId, bySubject, hashOfKey, type KeyKind } from "../id-hash.ts";
import { packId, unpackId } from "./id-codec.ts";
import type { Names } from "./names.ts";
import { prepared, rowOf, rowsOf } from "./prepared.ts";
import { eventsInSegment } from "./schema.ts";

const insertEvent = `INSERT INTO event (no, place, offset, at_ms, id, type, source, subject, time, correlation, causation, tenant, sequence, data_version)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const insertKeys = "INSERT OR IGNORE INTO event_key (segment, hash, no) VALUES (?, ?, ?), (?, ?, ?)";
const insertKey = "INSERT OR IGNORE INTO event_key (segment, hash, no) VALUES (?, ?, ?)";

/** Writes events behind the last one, in the caller's transaction. */
export class EventRows {
  readonly #db: DatabaseSync;
  readonly #names: Names;
  #next: number | null = null;

  constructor(db: DatabaseSync, names: Names) {
    this.#db = db;
    this.#names = names;
  }

  add(events: readonly { readonly place: number; readonly event: SeenEvent }[]): void {
    if (events.length === 0) return;
    let no = this.#nextNo() - 1;
    const [event, two, one] = [insertEvent, insertKeys, insertKey].map((sql) => prepared(this.#db, sql)) as [
      ReturnType<typeof prepared>,
      ReturnType<typeof prepared>,
      ReturnType<typeof prepared>,
    ];
    const newest = new Map<number, number>();
    for (const { place, event: seen } of events) {
      no += 1;
      const segment = Math.floor(no / eventsInSegment);
      this.#insert(event, no, place, seen);
      const flow = hashOfKey(byFlow, seen.correlationId ?? seen.id);
      two.run(segment, flow, no, segment, hashOfKey(byId, seen.id), no);
      if (seen.subject !== null) one.run(segment, hashOfKey(bySubject, seen.subject), no);
      newest.set(segment, Math.max(newest.get(segment) ?? 0, seen.timestampMs));
    }
    this.#next = no + 1;
    for (const [segment, ms] of newest) this.#segment(segment, ms);
  }

  /** Notes how far partitions were read when the present segment was written: with it goes what is known of what lies before. */
  span(reads: readonly { readonly place: number; readonly past: number }[]): void {
    const segment = Math.floor(this.#nextNo() / eventsInSegment);
    this.#segment(segment, 0);
    const sql = "INSERT INTO segment_span VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET past = max(past, excluded.past)";
    for (const { place, past } of reads) prepared(this.#db, sql).run(segment, place, past);
  }

  #segment(segment: number, newestMs: number): void {
    const sql = "INSERT INTO segment VALUES (?, ?) ON CONFLICT DO UPDATE SET newest_ms = max(newest_ms, excluded.newest_ms)";
    prepared(this.#db, sql).run(segment, newestMs);
  }

  /** Behind the last event, and behind those of segments that retention removed. */
  #nextNo(): number {
    if (this.#next !== null) return this.#next;
    const last = rowOf<{ no: number | null }>(this.#db, "SELECT max(no) AS no FROM event")?.no ?? -1;
    const segment = rowOf<{ segment: number | null }>(this.#db, "SELECT max(segment) AS segment FROM segment")?.segment ?? 0;
    return (this.#next = Math.max(last + 1, segment * eventsInSegment));
  }

  #insert(statement: ReturnType<typeof prepared>, no: number, place: number, seen: SeenEvent): void {
    statement.run(
      no,
      place,
      seen.offset,
      seen.timestampMs,
      packId(seen.id),
      this.#names.ref(seen.type),
      this.#names.ref(seen.source),
      seen.subject,
      packTime(seen.time, seen.timestampMs),
      packId(seen.correlationId),
      packId(seen.causationId),
      this.#names.refOrNull(seen.tenantId),
      seen.sequence,
      seen.dataVersion,
    );
  }

  /** After a rollback. */
  forget(): void {
    this.#next = null;
  }
}

/** A time in the usual spelling is its distance from the record's time, a small number; any other its text. */
function packTime(time: string | null, atMs: number): number | string | null {
  if (time === null) return null;
  const ms = Date.parse(time);
  return !Number.isNaN(ms) && new Date(ms).toISOString() === time ? ms - atMs : time;
}

export interface EventRow {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly at_ms: number;
  readonly id: unknown;
  readonly type: string;
  readonly source: string;
  readonly subject: string | null;
  readonly time: number | string | null;
  readonly correlation: unknown;
  readonly causation: unknown;
  readonly tenant: string | null;
  readonly sequence: number | null;
  readonly data_version: number | null;
}

export const eventColumns = `p.topic, p.partition, e.offset, e.at_ms, e.id, t.text AS type, s.text AS source, e.subject, e.time,
    e.correlation, e.causation, n.text AS tenant, e.sequence, e.data_version`;
// Segments lead, so that each is probed once; what a number finds is compared with the key itself.
const found = (compared: string, order: string): string => `
  SELECT ${eventColumns} FROM segment g CROSS JOIN event_key k ON k.segment = g.segment AND k.hash = ?
  CROSS JOIN event e ON e.no = k.no CROSS JOIN place p ON p.ref = e.place AND p.gone = 0
  CROSS JOIN name t ON t.ref = e.type CROSS JOIN name s ON s.ref = e.source LEFT JOIN name n ON n.ref = e.tenant
  WHERE ${compared} ${order} LIMIT ?`;
const mostOfAFlow = 10_000;

export function findEvents(db: DatabaseSync, query: EventQuery): SeenEvent[] {
  const [kind, key, compared, limit] = keyOf(query);
  const hash = hashOfKey(kind, key);
  const packed = packId(key);
  if (kind === byFlow) {
    const sql = found("(e.correlation = ? OR (e.correlation IS NULL AND e.id = ?))", "");
    return rowsOf<EventRow>(db, sql, hash, packed, packed, limit).map(seenEventOf).toSorted(inLogOrder);
  }
  const newestFirst = kind === bySubject ? "ORDER BY g.segment DESC, k.no DESC" : "";
  return rowsOf<EventRow>(db, found(compared, newestFirst), hash, kind === byId ? packed : key, limit)
    .map(seenEventOf)
    .toSorted(inLogOrder);
}

function keyOf(query: EventQuery): [KeyKind, string, string, number] {
  if ("flow" in query) return [byFlow, query.flow, "", mostOfAFlow];
  return "id" in query ? [byId, query.id, "e.id = ?", mostOfAFlow] : [bySubject, query.subject, "e.subject = ?", query.limit];
}

const inLogOrder = (a: SeenEvent, b: SeenEvent): number =>
  a.timestampMs - b.timestampMs || a.topic.localeCompare(b.topic) || a.partition - b.partition || a.offset - b.offset;

export function seenEventOf(row: EventRow): SeenEvent {
  return {
    topic: row.topic,
    partition: row.partition,
    offset: row.offset,
    timestampMs: row.at_ms,
    id: unpackId(row.id)!,
    type: row.type,
    source: row.source,
    subject: row.subject,
    time: typeof row.time === "number" ? new Date(row.at_ms + row.time).toISOString() : row.time,
    correlationId: unpackId(row.correlation),
    causationId: unpackId(row.causation),
    sequence: row.sequence,
    tenantId: row.tenant,
    dataVersion: row.data_version,
  };
}
