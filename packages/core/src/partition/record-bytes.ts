import type { NewRecord } from "../seams/event-log.ts";

/**
 * The size of a record as `EventLog.maxRecordBytes` counts it: key, value, and the names (UTF-8) and values of its headers.
 *
 * @example
 *   if (recordBytes(record) > eventLog.maxRecordBytes) throw coreError("LOG_RECORD_TOO_LARGE", …);
 */
export function recordBytes(record: Pick<NewRecord, "key" | "value" | "headers">): number {
  let bytes = (record.key?.byteLength ?? 0) + (record.value?.byteLength ?? 0);
  for (let i = 0; i < record.headers.length; i++) {
    // By index: destructuring goes through an iterator, and this runs for each header of each event that is published.
    const header = record.headers[i] as (typeof record.headers)[number];
    bytes += Buffer.byteLength(header[0]) + (header[1]?.byteLength ?? 0);
  }
  return bytes;
}
