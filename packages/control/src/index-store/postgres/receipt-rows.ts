import type { EventReceipt, RangeReceipt, Receipt } from "throughline/system-topics";
import type { PlacedReceipt } from "../../reading/receipts.ts";
import { storable, storableOrNull, whole } from "../../postgres/storable.ts";
import type { Sql } from "./index-database.ts";
import type { Names } from "./names.ts";
import type { Places } from "./places.ts";

/** A receipt of an event that may answer a dead letter of the same handler and place, or the one that it names. */
export interface TouchedFailure {
  readonly place: number;
  readonly offset: number;
  readonly handler: number;
  readonly failureId: string | null;
}

const bytesOfARange = 250;
const bytesOfAReceipt = 200;

interface Placed<R> {
  readonly receipt: R;
  readonly place: number;
  readonly handler: number;
}

/** Writes receipts in the caller's transaction: a range is one row, however many events it covers. */
export class ReceiptRows {
  readonly #names: Names;
  readonly #places: Places;

  constructor(names: Names, places: Places) {
    this.#names = names;
    this.#places = places;
  }

  /** Answers with the failures that may be answered, and about how much was written. */
  async add(sql: Sql, receipts: readonly PlacedReceipt<Receipt>[]): Promise<{ touched: TouchedFailure[]; bytes: number }> {
    if (receipts.length === 0) return { touched: [], bytes: 0 };
    await this.#names.learn(
      sql,
      receipts.flatMap(({ receipt: { service, handler, version, instance } }) => [service, handler, version, instance]),
    );
    const ranges: Placed<RangeReceipt>[] = [];
    const told: (Placed<EventReceipt> & { at: PlacedReceipt<EventReceipt> })[] = [];
    for (const at of receipts) {
      const { receipt } = at;
      const place = await this.#places.named(sql, receipt.topic, receipt.partition);
      const handler = await this.#names.handler(sql, receipt.service, receipt.handler);
      if (receipt.kind === "range") ranges.push({ receipt, place, handler });
      else told.push({ receipt, place, handler, at: at as PlacedReceipt<EventReceipt> });
    }
    const reporting = [...new Set([...ranges, ...told].map(({ handler }) => handler))];
    await sql.run("UPDATE handler SET reports = true WHERE ref = ANY ($1::bigint[]) AND NOT reports", reporting);
    const bytes = (await this.#addRanges(sql, ranges)) + (await addTold(sql, told));
    const touched = told.map(({ receipt, place, handler }) => {
      return { place, offset: receipt.offset, handler, failureId: receipt.failureId ?? null };
    });
    return { touched, bytes };
  }

  async #addRanges(sql: Sql, given: readonly Placed<RangeReceipt>[]): Promise<number> {
    // One that came twice is one row, and a statement may touch a row once.
    const ranges = lastOf(given, ({ place, handler, receipt: { from, to, epoch, atMs } }) => [
      place,
      handler,
      from,
      to,
      epoch,
      whole(atMs),
    ]);
    if (ranges.length === 0) return 0;
    const applied = ranges.map(({ receipt }) => Buffer.from(receipt.applied, "base64"));
    await sql.run(
      `INSERT INTO receipt_range SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
         $7::bigint[], $8::bigint[], $9::bytea[])
       ON CONFLICT (place, handler, first, past, epoch, at_ms) DO UPDATE SET version = excluded.version, instance = excluded.instance,
         applied = excluded.applied`,
      ranges.map(({ place }) => place),
      ranges.map(({ handler }) => handler),
      ranges.map(({ receipt }) => receipt.from),
      ranges.map(({ receipt }) => receipt.to),
      ranges.map(({ receipt }) => receipt.epoch),
      ranges.map(({ receipt }) => whole(receipt.atMs)),
      ranges.map(({ receipt }) => this.#names.known(receipt.version)),
      ranges.map(({ receipt }) => this.#names.known(receipt.instance)),
      applied,
    );
    await sql.run(
      `INSERT INTO receipt_reach SELECT place, handler, min(first), max(past), max(past - first)
       FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS told (place, handler, first, past) GROUP BY place, handler
       ON CONFLICT (place, handler) DO UPDATE SET lowest = least(receipt_reach.lowest, excluded.lowest),
         highest = greatest(receipt_reach.highest, excluded.highest), longest = greatest(receipt_reach.longest, excluded.longest)`,
      ranges.map(({ place }) => place),
      ranges.map(({ handler }) => handler),
      ranges.map(({ receipt }) => receipt.from),
      ranges.map(({ receipt }) => receipt.to),
    );
    return applied.reduce((sum, { length }) => sum + bytesOfARange + length, 0);
  }
}

async function addTold(
  sql: Sql,
  given: readonly (Placed<EventReceipt> & { readonly at: PlacedReceipt<EventReceipt> })[],
): Promise<number> {
  const told = lastOf(given, ({ place, handler, receipt: { offset }, at }) => [place, offset, handler, at.partition, at.offset]);
  if (told.length === 0) return 0;
  const bodies = told.map(({ receipt }) => JSON.stringify(receipt));
  await sql.run(
    `INSERT INTO receipt_told SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
       $7::text[], $8::text[], $9::text[], $10::text[])
     ON CONFLICT (place, "offset", handler, told_partition, told_offset) DO UPDATE SET epoch = excluded.epoch, outcome = excluded.outcome,
       reason = excluded.reason, failure = excluded.failure, body = excluded.body`,
    told.map(({ place }) => place),
    told.map(({ receipt }) => receipt.offset),
    told.map(({ handler }) => handler),
    told.map(({ at }) => at.partition),
    told.map(({ at }) => at.offset),
    told.map(({ receipt }) => receipt.epoch),
    told.map(({ receipt }) => storable(receipt.outcome)),
    told.map(({ receipt }) => storableOrNull(receipt.reason ?? null)),
    told.map(({ receipt }) => storableOrNull(receipt.failureId ?? null)),
    bodies,
  );
  return bodies.reduce((sum, { length }) => sum + bytesOfAReceipt + length, 0);
}

function lastOf<T>(items: readonly T[], keyOf: (item: T) => readonly unknown[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(keyOf(item)), item])).values()];
}
