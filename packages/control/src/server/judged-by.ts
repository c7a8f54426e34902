import type { LogRecord } from "throughline/seams";
import { type KnownContracts, problemsOf } from "../payload/known-contracts.ts";
import type { WrittenData, WrittenDataReader } from "../payload/written-data.ts";
import type { JudgedBy } from "./schemas/payload-schemas.ts";

/** The contract that an event is judged by, and what is wrong with its data; null where none is known. */
export function judgedBy(
  contracts: KnownContracts,
  event: { readonly type: string | null; readonly dataVersion: number | null },
  record: LogRecord | null,
  written: { readonly data: WrittenData; readonly reader: WrittenDataReader } | null,
  reader?: { service: string; handler: string },
): JudgedBy {
  const found = event.type === null ? null : contracts.judging(event.type, event.dataVersion, reader);
  if (found === null) return null;
  const { service, handler, contract } = found;
  const { type, version, schema, personal = null } = contract;
  return {
    service,
    handler,
    type,
    version,
    schema,
    personal,
    problems: record === null ? null : problemsOf(found, record, written),
  };
}
