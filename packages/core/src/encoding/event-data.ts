import { type EventContract, readData } from "../contract/index.ts";
import type { DecodedEvent } from "../envelope/index.ts";
import { readJson, undecodable } from "../envelope/undecodable.ts";
import { coreError } from "../errors/index.ts";
import type { LogRecord } from "../seams/event-log.ts";
import { decodedData, EncodedDataUnreadable } from "./decode-data.ts";
import type { EncodedSchemas } from "./encoded-schemas.ts";

/**
 * The data of an event as its contract wants it, in whichever form it was written.
 * Throws `EVENT_INVALID`, `EVENT_UNDECODABLE`, `EVENT_VERSION_UNKNOWN`, or `EVENT_SCHEMA_UNKNOWN` while nobody knows the schema that
 * it was written with: it is then looked for.
 */
export function eventData(contract: EventContract, event: DecodedEvent, record: LogRecord, schemas: EncodedSchemas): unknown {
  const version = event.dataVersion ?? contract.version;
  const { encoding = null } = contract;
  if (encoding === null) return readData(contract, version, event.data());
  // Its schema is of no use to a contract that is older.
  if (version > contract.version) return readData(contract, version, null);
  const bytes = event.encoded();
  if (bytes === null) return readData(contract, version, asJson(event.data(), record));
  try {
    return decodedData(contract, version, bytes, (id) => schemas.writerOf(id));
  } catch (error) {
    if (!(error instanceof EncodedDataUnreadable)) throw error;
    const { what, schemaId, message } = error;
    if (what === "bytes") throw undecodable(record, "the value", message);
    void schemas.find([schemaId]);
    throw coreError("EVENT_SCHEMA_UNKNOWN", { type: contract.type, id: schemaId });
  }
}

/** What is no encoded value is JSON, whatever its content type says: an edit of one, or an event of before. */
function asJson(data: unknown, record: LogRecord): unknown {
  return data instanceof Uint8Array ? readJson(record, "the value", data) : data;
}
