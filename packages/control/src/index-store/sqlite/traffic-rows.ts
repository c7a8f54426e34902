import type { DatabaseSync } from "node:sqlite";
import type { SeenEvent } from "../../reading/seen-event.ts";
import { mostShown, type Traffic, trafficKeptMs, type TypeSeen } from "../traffic.ts";
import type { Names } from "./names.ts";
import { prepared, rowsOf } from "./prepared.ts";

const minuteMs = 60_000;
/** Clocks of publishers may be ahead by this much; what is further ahead tells nothing of now. */
const aheadMs = 10 * minuteMs;

interface Sum {
  readonly event: SeenEvent;
  count: number;
  firstMs: number;
  lastMs: number;
  place: number;
  offset: number;
}

/** Counts events by type, source and version, and by the minute: a few rows for a batch, however many events it has. */
export class TrafficRows {
  readonly #db: DatabaseSync;
  readonly #names: Names;
  readonly #types = new Map<string, Sum>();
  readonly #minutes = new Map<string, { event: SeenEvent; minute: number; count: number }>();

  constructor(db: DatabaseSync, names: Names) {
    this.#db = db;
    this.#names = names;
  }

  /** Counts events, and writes what it counted, in the caller's transaction. */
  add(events: readonly { readonly place: number; readonly event: SeenEvent }[], nowMs: number): void {
    for (const { place, event } of events) this.#see(place, event, nowMs);
    this.#write(nowMs);
    this.forget();
  }

  #see(place: number, event: SeenEvent, nowMs: number): void {
    const { type, source, dataVersion, timestampMs, topic, offset } = event;
    const of = `${type}\n${source}\n${dataVersion}`;
    const sum = this.#types.get(of);
    if (sum === undefined) this.#types.set(of, { event, count: 1, firstMs: timestampMs, lastMs: timestampMs, place, offset });
    else {
      sum.count += 1;
      if (timestampMs < sum.firstMs) sum.firstMs = timestampMs;
      if (timestampMs >= sum.lastMs) Object.assign(sum, { lastMs: timestampMs, place, offset });
    }
    if (timestampMs < nowMs - trafficKeptMs || timestampMs > nowMs + aheadMs) return;
    const minute = Math.floor(timestampMs / minuteMs);
    const key = `${minute}\n${topic}\n${of}`;
    const counted = this.#minutes.get(key);
    if (counted === undefined) this.#minutes.set(key, { event, minute, count: 1 });
    else counted.count += 1;
  }

  #write(nowMs: number): void {
    for (const { event, count, firstMs, lastMs, place, offset } of this.#types.values())
      prepared(
        this.#db,
        `INSERT INTO type_seen VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count,
           first_ms = min(first_ms, excluded.first_ms),
           place = CASE WHEN excluded.last_ms >= last_ms THEN excluded.place ELSE place END,
           offset = CASE WHEN excluded.last_ms >= last_ms THEN excluded.offset ELSE offset END,
           last_ms = max(last_ms, excluded.last_ms)`,
      ).run(
        this.#names.ref(event.type),
        this.#names.ref(event.source),
        event.dataVersion ?? 0,
        count,
        firstMs,
        lastMs,
        place,
        offset,
      );
    for (const { event, minute, count } of this.#minutes.values())
      prepared(
        this.#db,
        "INSERT INTO traffic VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
      ).run(minute, event.topic, this.#names.ref(event.type), this.#names.ref(event.source), count);
    if (this.#minutes.size > 0)
      prepared(this.#db, "DELETE FROM traffic WHERE minute < ?").run(Math.floor((nowMs - trafficKeptMs) / minuteMs));
  }

  /** After a rollback. */
  forget(): void {
    this.#types.clear();
    this.#minutes.clear();
  }
}

export const typesSeen = (db: DatabaseSync): TypeSeen[] =>
  rowsOf<Omit<TypeSeen, "dataVersion" | "last"> & { version: number; topic: string; partition: number; offset: number }>(
    db,
    `SELECT t.text AS type, s.text AS source, c.data_version AS version, c.count, c.first_ms AS firstMs, c.last_ms AS lastMs,
       p.topic, p.partition, c.offset
     FROM type_seen c JOIN name t ON t.ref = c.type JOIN name s ON s.ref = c.source JOIN place p ON p.ref = c.place
     ORDER BY c.last_ms DESC LIMIT ${mostShown}`,
  ).map(({ version, topic, partition, offset, ...seen }) => ({
    ...seen,
    dataVersion: version === 0 ? null : version,
    last: { topic, partition, offset },
  }));

/** From the minute that a time lies in. */
export const trafficSince = (db: DatabaseSync, sinceMs: number): Traffic[] =>
  rowsOf<Traffic>(
    db,
    `SELECT c.topic, t.text AS type, s.text AS source, sum(c.count) AS count FROM traffic c
     JOIN name t ON t.ref = c.type JOIN name s ON s.ref = c.source WHERE c.minute >= ?
     GROUP BY c.topic, c.type, c.source ORDER BY 4 DESC, 1, 2, 3 LIMIT ${mostShown}`,
    Math.floor(sinceMs / minuteMs),
  ).map((row) => ({ ...row }));
