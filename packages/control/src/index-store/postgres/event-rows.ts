import type { SeenEvent } from "../../reading/seen-event.ts";
import type { EventQuery } from "../index-store.ts";
import { byFlow, byId, bySubject, hashOfKey } from "../id-hash.ts";
import { storable, storableOrNull, whole } from "../../postgres/storable.ts";
import type { Sql } from "./index-database.ts";
import { eventsInSegment } from "./index-schema.ts";
import type { Names } from "./names.ts";

/** Of an event with its part of the indexes, beside its texts. */
const bytesOfAnEvent = 350;

const insertEvents = `INSERT INTO event SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[],
  $7::bigint[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[],
  $17::bigint[])`;

/** Writes events behind the last one, in the caller's transaction. */
export class EventRows {
  readonly #names: Names;

  constructor(names: Names) {
    this.#names = names;
  }

  /** Answers with the segment that is being written. */
  async add(sql: Sql, events: readonly { readonly place: number; readonly event: SeenEvent }[]): Promise<number> {
    const first = await nextNo(sql);
    const segmentNow = Math.floor(first / eventsInSegment);
    if (events.length === 0) return segmentNow;
    await this.#names.learn(
      sql,
      events.flatMap(({ event }) => [event.type, event.source, event.tenantId]),
    );
    const ref = (text: string | null): number | null => (text === null ? null : this.#names.known(text));
    const column = <T>(value: (event: SeenEvent, index: number) => T): T[] =>
      events.map(({ event }, index) => value(event, index));
    await sql.run(
      insertEvents,
      column((_, index) => first + index),
      events.map(({ place }) => place),
      column(({ offset }) => offset),
      column(({ timestampMs }) => whole(timestampMs)),
      column(({ id }) => storable(id)),
      column(({ type }) => ref(type)),
      column(({ source }) => ref(source)),
      column(({ subject }) => storableOrNull(subject)),
      column(({ time }) => storableOrNull(time)),
      column(({ correlationId }) => storableOrNull(correlationId)),
      column(({ causationId }) => storableOrNull(causationId)),
      column(({ tenantId }) => ref(tenantId)),
      column(({ sequence }) => (sequence === null ? null : whole(sequence))),
      column(({ dataVersion }) => (dataVersion === null ? null : whole(dataVersion))),
      column(({ correlationId, id }) => hashOfKey(byFlow, storable(correlationId ?? id))),
      column(({ id }) => hashOfKey(byId, storable(id))),
      column(({ subject }) => (subject === null ? null : hashOfKey(bySubject, storable(subject)))),
    );
    const segments = new Map<number, { newestMs: number; bytes: number }>();
    for (const [index, { event }] of events.entries()) {
      const segment = Math.floor((first + index) / eventsInSegment);
      const { newestMs, bytes } = segments.get(segment) ?? { newestMs: 0, bytes: 0 };
      const size = bytesOfAnEvent + event.id.length + (event.subject?.length ?? 0) + (event.correlationId?.length ?? 0);
      segments.set(segment, { newestMs: Math.max(newestMs, whole(event.timestampMs)), bytes: bytes + size });
    }
    for (const [segment, { newestMs, bytes }] of segments) await growSegment(sql, segment, newestMs, bytes);
    return segmentNow;
  }
}

/** Notes what a segment holds more: its newest time, and about how much. */
export async function growSegment(sql: Sql, segment: number, newestMs: number, bytes: number): Promise<void> {
  await sql.run(
    `INSERT INTO segment VALUES ($1, $2, $3) ON CONFLICT (segment) DO UPDATE SET newest_ms = greatest(segment.newest_ms, excluded.newest_ms),
       bytes = segment.bytes + excluded.bytes`,
    segment,
    newestMs,
    bytes,
  );
}

/** Notes how far partitions were read when a segment was written: with it goes what is known of what lies before. */
export async function spanSegment(
  sql: Sql,
  segment: number,
  reads: readonly { readonly place: number; readonly past: number }[],
): Promise<void> {
  await growSegment(sql, segment, 0, 0);
  for (const { place, past } of reads)
    await sql.run(
      `INSERT INTO segment_span VALUES ($1, $2, $3) ON CONFLICT (segment, place) DO UPDATE SET past = greatest(segment_span.past, excluded.past)`,
      segment,
      place,
      past,
    );
}

/** Behind the last event, and behind those of segments that retention removed. */
async function nextNo(sql: Sql): Promise<number> {
  const row = await sql.row<{ last: number; segment: number }>(
    "SELECT (SELECT coalesce(max(no), -1) FROM event) AS last, (SELECT coalesce(max(segment), 0) FROM segment) AS segment",
  );
  return Math.max(row!.last + 1, row!.segment * eventsInSegment);
}

export const eventColumns = `p.topic, p.partition, e."offset", e.at_ms AS "timestampMs", e.id, t.text AS type, s.text AS source, e.subject, e.time,
  e.correlation AS "correlationId", e.causation AS "causationId", e.sequence, n.text AS "tenantId", e.data_version AS "dataVersion"`;
export const eventTables = `JOIN place p ON p.ref = e.place AND NOT p.gone JOIN name t ON t.ref = e.type JOIN name s ON s.ref = e.source
  LEFT JOIN name n ON n.ref = e.tenant`;
const mostOfAFlow = 10_000;

/** What a hash finds is compared with the key itself. */
export async function findEvents(sql: Sql, query: EventQuery): Promise<SeenEvent[]> {
  const [where, key, hash, limit] = conditionOf(query);
  const found = `SELECT ${eventColumns} FROM event e ${eventTables} WHERE ${where} ORDER BY e.no DESC LIMIT $3`;
  return (await sql.rows<SeenEvent>(found, hash, key, limit)).toSorted(inLogOrder);
}

function conditionOf(query: EventQuery): [where: string, key: string, hash: number, limit: number] {
  if ("flow" in query) {
    const key = storable(query.flow);
    return ["e.flow_hash = $1 AND coalesce(e.correlation, e.id) = $2", key, hashOfKey(byFlow, key), mostOfAFlow];
  }
  if ("id" in query) {
    const key = storable(query.id);
    return ["e.id_hash = $1 AND e.id = $2", key, hashOfKey(byId, key), mostOfAFlow];
  }
  const key = storable(query.subject);
  return ["e.subject_hash = $1 AND e.subject = $2", key, hashOfKey(bySubject, key), query.limit];
}

const inLogOrder = (a: SeenEvent, b: SeenEvent): number =>
  a.timestampMs - b.timestampMs || a.topic.localeCompare(b.topic) || a.partition - b.partition || a.offset - b.offset;
