import { subjectsBehind, type ToldAtPlace } from "../parked-behind.ts";
import type { DatabaseSync } from "node:sqlite";
import type { EventReceipt, RangeReceipt, Receipt } from "throughline/system-topics";
import type { PlacedReceipt } from "../../reading/receipts.ts";
import type { IndexedReceipts, ParkedBehindQuery, Place } from "../index-store.ts";
import { packId } from "./id-codec.ts";
import type { Names } from "./names.ts";
import type { Places } from "./places.ts";
import { prepared, rowsOf } from "./prepared.ts";

/** A receipt of an event that may answer a dead letter of the same handler and place, or the one that it names. */
export interface TouchedFailure {
  readonly place: number;
  readonly offset: number;
  readonly handler: number;
  readonly failureId: string | null;
}

/** Writes receipts in the caller's transaction: a range is one row, however many events it covers. */
export class ReceiptRows {
  readonly #db: DatabaseSync;
  readonly #names: Names;
  readonly #places: Places;

  readonly #reporting = new Set<number>();

  constructor(db: DatabaseSync, names: Names, places: Places) {
    this.#db = db;
    this.#names = names;
    this.#places = places;
  }

  add(receipts: readonly PlacedReceipt<Receipt>[]): TouchedFailure[] {
    return receipts.flatMap((placed) => {
      const { receipt } = placed;
      if (receipt.kind === "range") this.#addRange(receipt);
      return receipt.kind === "range" ? [] : [this.#addTold(placed as PlacedReceipt<EventReceipt>)];
    });
  }

  /** After a rollback. */
  forget(): void {
    this.#reporting.clear();
  }

  #reporter({ service, handler }: Receipt): number {
    const ref = this.#names.handler(service, handler);
    if (this.#reporting.has(ref)) return ref;
    prepared(this.#db, "UPDATE handler SET reports = 1 WHERE ref = ? AND reports = 0").run(ref);
    this.#reporting.add(ref);
    return ref;
  }

  #addRange(receipt: RangeReceipt): void {
    const place = this.#places.named(receipt.topic, receipt.partition);
    const handler = this.#reporter(receipt);
    prepared(this.#db, "INSERT OR REPLACE INTO receipt_range VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)").run(
      place,
      handler,
      receipt.from,
      receipt.to,
      receipt.epoch,
      receipt.atMs,
      this.#names.ref(receipt.version),
      this.#names.ref(receipt.instance),
      Buffer.from(receipt.applied, "base64"),
    );
    prepared(
      this.#db,
      `INSERT INTO receipt_reach VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET lowest = min(lowest, excluded.lowest),
         highest = max(highest, excluded.highest), longest = max(longest, excluded.longest)`,
    ).run(place, handler, receipt.from, receipt.to, receipt.to - receipt.from);
  }

  #addTold({ receipt, partition, offset }: PlacedReceipt<EventReceipt>): TouchedFailure {
    const place = this.#places.named(receipt.topic, receipt.partition);
    const handler = this.#reporter(receipt);
    const failureId = receipt.failureId ?? null;
    prepared(this.#db, "INSERT OR REPLACE INTO receipt_told VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)").run(
      place,
      receipt.offset,
      handler,
      partition,
      offset,
      receipt.epoch,
      receipt.outcome,
      packId(failureId),
      JSON.stringify(receipt),
    );
    return { place, offset: receipt.offset, handler, failureId };
  }
}

const rangesOver = `
  SELECT s.text AS service, h2.text AS handler, r.first, r.past, r.epoch, r.at_ms, v.text AS version, i.text AS instance, r.applied
  FROM place p CROSS JOIN receipt_reach c ON c.place = p.ref
  CROSS JOIN receipt_range r ON r.place = c.place AND r.handler = c.handler AND r.first <= ?3 AND r.first > ?3 - c.longest AND r.past > ?3
  CROSS JOIN handler h ON h.ref = r.handler CROSS JOIN name s ON s.ref = h.service CROSS JOIN name h2 ON h2.ref = h.name
  CROSS JOIN name v ON v.ref = r.version CROSS JOIN name i ON i.ref = r.instance
  WHERE p.topic = ?1 AND p.partition = ?2 AND p.gone = 0`;
const toldOf = `
  SELECT r.body, r.told_partition, r.told_offset FROM place p CROSS JOIN receipt_told r ON r.place = p.ref AND r.offset = ?3
  WHERE p.topic = ?1 AND p.partition = ?2 AND p.gone = 0 ORDER BY r.told_partition, r.told_offset`;
const reachOf = `
  SELECT s.text AS service, n.text AS handler, c.lowest, c.highest FROM place p CROSS JOIN receipt_reach c ON c.place = p.ref
  CROSS JOIN handler h ON h.ref = c.handler CROSS JOIN name s ON s.ref = h.service CROSS JOIN name n ON n.ref = h.name
  WHERE p.topic = ?1 AND p.partition = ?2 AND p.gone = 0`;

interface RangeRow extends Record<"service" | "handler" | "version" | "instance", string> {
  readonly first: number;
  readonly past: number;
  readonly epoch: number;
  readonly at_ms: number;
  readonly applied: Uint8Array;
}

export function parkedBehind(
  db: DatabaseSync,
  { service, handler, topic, partition, after, limit }: ParkedBehindQuery,
): { subjects: string[]; next: number | null } {
  const sql = `
    SELECT r.offset, r.outcome, r.handler = (
      SELECT h.ref FROM handler h JOIN name s ON s.ref = h.service JOIN name n ON n.ref = h.name WHERE s.text = ?1 AND n.text = ?2
    ) AS ours, CASE r.outcome WHEN 'parked' THEN r.body ELSE '' END AS body
    FROM place p CROSS JOIN receipt_told r ON r.place = p.ref AND r.offset > ?5
    WHERE p.topic = ?3 AND p.partition = ?4 AND p.gone = 0
    ORDER BY r.place, r.offset, r.handler, r.told_partition, r.told_offset LIMIT ?6`;
  const rows = rowsOf<ToldAtPlace>(db, sql, service, handler, topic, partition, after, limit);
  return subjectsBehind(rows, limit);
}

export function receiptsOf(db: DatabaseSync, places: readonly Place[]): IndexedReceipts {
  const ranges = new Map<string, RangeReceipt>();
  const told: PlacedReceipt<EventReceipt>[] = [];
  for (const { topic, partition, offset } of places) {
    for (const row of rowsOf<RangeRow>(db, rangesOver, topic, partition, offset)) {
      const { service, handler, version, instance, epoch } = row;
      const [from, to, atMs] = [row.first, row.past, row.at_ms];
      const key = JSON.stringify([service, handler, topic, partition, from, to, epoch, atMs]);
      const applied = Buffer.from(row.applied).toString("base64");
      ranges.set(key, { kind: "range", service, handler, version, instance, epoch, topic, partition, from, to, atMs, applied });
    }
    const rows = rowsOf<{ body: string; told_partition: number; told_offset: number }>(db, toldOf, topic, partition, offset);
    for (const row of rows)
      told.push({ receipt: JSON.parse(row.body) as EventReceipt, partition: row.told_partition, offset: row.told_offset });
  }
  const partitions = new Map(places.map(({ topic, partition }) => [`${partition}/${topic}`, { topic, partition }]));
  return {
    ranges: [...ranges.values()],
    told,
    reach: [...partitions.values()].flatMap(({ topic, partition }) =>
      rowsOf<{ service: string; handler: string; lowest: number; highest: number }>(db, reachOf, topic, partition).map((row) =>
        Object.assign({}, row, { topic, partition }),
      ),
    ),
    reporting: rowsOf<{ service: string; handler: string }>(
      db,
      `SELECT s.text AS service, n.text AS handler FROM handler h JOIN name s ON s.ref = h.service JOIN name n ON n.ref = h.name
       WHERE h.reports = 1`,
    ),
  };
}
