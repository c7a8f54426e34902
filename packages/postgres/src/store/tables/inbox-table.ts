import { coreError, type InboxOutcome, type InboxRow, type InboxTable, type Run } from "throughline/seams";
import { decodeKey, encodeKey } from "../key-codec.ts";
import type { OpenTransaction } from "../open-transaction.ts";

/** By the number that is stored. */
const outcomes: readonly InboxOutcome[] = ["applied", "stale", "discarded"];

const findSql = `
  SELECT event_key, record_partition, record_offset, outcome, handled_at_ms, duration_micros
  FROM throughline.inbox WHERE handler_id = $1 AND epoch = $2 AND event_key = ANY($3::bytea[])`;
// In the order of their keys: two transactions that add the same ones cannot wait for each other in a circle.
const addSql = `
  INSERT INTO throughline.inbox (handler_id, epoch, event_key, record_partition, record_offset, outcome, handled_at_ms, duration_micros)
  SELECT $1, $2, v.event_key, v.record_partition, v.record_offset, v.outcome, v.handled_at_ms, v.duration_micros
  FROM unnest($3::bytea[], $4::int[], $5::bigint[], $6::smallint[], $7::bigint[], $8::int[])
    AS v(event_key, record_partition, record_offset, outcome, handled_at_ms, duration_micros)
  ORDER BY v.event_key`;
const forgetSql = `
  DELETE FROM throughline.inbox WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM throughline.inbox WHERE handled_at_ms < $1 ORDER BY handled_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED))`;

type Columns = [key: Uint8Array, partition: number, offset: number, outcome: number, handledAtMs: number, durationMicros: number];

export function inboxTable(transaction: OpenTransaction): InboxTable {
  return {
    async find(run, keys) {
      const { locking } = transaction;
      const found = await find(transaction, run, keys);
      // Some positions were locked after it was looked up: whoever held one may have handled the same event just before.
      return locking === null || (await locking) ? found : find(transaction, run, keys);
    },
    async add({ handlerId, epoch }, rows) {
      if (rows.length === 0) return;
      try {
        await transaction.prepared(addSql, [
          handlerId,
          epoch,
          keyArray(rows.map(({ key }) => key)),
          numbers(rows, (row) => row.partition),
          numbers(rows, (row) => row.offset),
          numbers(rows, (row) => outcomes.indexOf(row.outcome)),
          numbers(rows, (row) => row.handledAtMs),
          numbers(rows, (row) => row.durationMicros),
        ]);
      } catch (error) {
        if (!isTaken(error)) throw error;
        throw coreError("INBOX_CONFLICT", { key: takenKey(error) }, error);
      }
    },
    forget: (olderThanMs, limit) => transaction.changes(forgetSql, [olderThanMs, limit]),
  };
}

async function find(
  transaction: OpenTransaction,
  { handlerId, epoch }: Run,
  keys: readonly string[],
): Promise<Map<string, InboxRow>> {
  const found = new Map<string, InboxRow>();
  if (keys.length === 0) return found;
  for (const row of await transaction.columns<Columns>(findSql, [handlerId, epoch, keyArray(keys)])) {
    const key = decodeKey(row[0]);
    found.set(key, {
      key,
      partition: row[1],
      offset: row[2],
      outcome: outcomes[row[3]] as InboxOutcome,
      handledAtMs: row[4],
      durationMicros: row[5],
    });
  }
  return found;
}

/** As PostgreSQL writes arrays: pg would quote each element by itself. */
function keyArray(keys: readonly string[]): string {
  let array = "{";
  for (let i = 0; i < keys.length; i += 1) array += `${i === 0 ? '"\\' : ',"\\'}${encodeKey(keys[i] as string)}"`;
  return `${array}}`;
}

function numbers<Row>(rows: readonly Row[], of: (row: Row) => number): string {
  let array = "{";
  for (let i = 0; i < rows.length; i += 1) array += i === 0 ? String(of(rows[i] as Row)) : `,${of(rows[i] as Row)}`;
  return `${array}}`;
}

/** unique_violation. */
function isTaken(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "23505";
}

/** PostgreSQL tells the key that was there: `Key (handler_id, epoch, event_key)=(1, 1, \x0189…) already exists.` */
function takenKey(error: unknown): string {
  const hex = /, \\x([0-9a-f]*)\)/.exec(String((error as { detail?: unknown }).detail))?.[1];
  return hex === undefined ? "" : decodeKey(Buffer.from(hex, "hex"));
}
