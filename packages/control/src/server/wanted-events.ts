import { decodeEvent } from "throughline";
import type { LogRecord } from "throughline/seams";
import type { KnownContracts } from "../payload/known-contracts.ts";
import { shownPayload } from "../payload/shown-payload.ts";
import { isRead, type WrittenDataReader } from "../payload/written-data.ts";
import { asksForEvents, type EventFilter, matchesEvent } from "../reading/event-filter.ts";
import { readOrSkip } from "../reading/read-or-skip.ts";
import { type SeenEvent, seenEventOf } from "../reading/seen-event.ts";
import type { LoggedRecordView } from "./schemas/browse-schemas.ts";

export interface WantedEvents extends EventFilter {
  readonly text?: string;
}

/**
 * Which records a filter names. A text is looked for in what would be shown of the data: whoever may not see a personal value cannot
 * find it by guessing.
 */
export function wantedEvents(
  { text, ...filter }: WantedEvents,
  terms: TextTerms,
): (record: LogRecord) => boolean | Promise<boolean> {
  const isAnything = !asksForEvents(filter) && text === undefined;
  const sought = text?.toLowerCase();
  return (record) => {
    if (isAnything) return true;
    const event = seen(record);
    if (event === null ? asksForEvents(filter) : !matchesEvent(event, filter)) return false;
    return sought === undefined || isIn(sought, record, event, terms);
  };
}

interface TextTerms {
  readonly contracts: KnownContracts;
  readonly unmasked: boolean;
  readonly reader: WrittenDataReader;
}

function isIn(sought: string, record: LogRecord, event: SeenEvent | null, terms: TextTerms): boolean | Promise<boolean> {
  if (record.value === null) return false;
  // Data in Avro or Protobuf has the text only once it is read.
  if (record.value[0] === 0) return isInWritten(sought, record, event, terms);
  // Most records are told apart by their bytes, before anything is made of them.
  if (!Buffer.from(record.value).toString().toLowerCase().includes(sought)) return false;
  if (terms.unmasked) return true;
  return (
    shownPayload(record, event, { ...terms, written: null })
      .text?.toLowerCase()
      .includes(sought) ?? false
  );
}

async function isInWritten(sought: string, record: LogRecord, event: SeenEvent | null, terms: TextTerms): Promise<boolean> {
  const written = await terms.reader.read(record);
  const isThere = isRead(written) && written.text.toLowerCase().includes(sought);
  if (!isThere) return terms.unmasked && Buffer.from(record.value!).toString().toLowerCase().includes(sought);
  return (
    shownPayload(record, event, { ...terms, written })
      .text?.toLowerCase()
      .includes(sought) ?? false
  );
}

const seen = (record: LogRecord): SeenEvent | null => readOrSkip(() => seenEventOf(record, decodeEvent(record)));

export function loggedRecord(record: LogRecord): LoggedRecordView {
  const { topic, partition, offset, timestampMs, value } = record;
  return {
    key: `${topic}/${partition}/${offset}`,
    topic,
    partition,
    offset,
    timestampMs,
    bytes: value?.byteLength ?? 0,
    event: seen(record),
  };
}
