import type { NewRecord } from "../seams/event-log.ts";

/**
 * The size of a record as `EventLog.maxRecordBytes` counts it: key, value, and the names (UTF-8) and values of its headers.
 *
 * @example
 *   if (recordBytes(record) > eventLog.maxRecordBytes) throw coreError("LOG_RECORD_TOO_LARGE", …);
 */
export function recordBytes(record: Pick<NewRecord, "key" | "value" | "headers">): number {
  let bytes = (record.key?.byteLength ?? 0) + (record.value?.byteLength ?? 0);
  for (const [name, value] of record.headers) bytes += Buffer.byteLength(name) + (value?.byteLength ?? 0);
  return bytes;
}
