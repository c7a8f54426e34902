import { decodeEvent } from "throughline";
import type { LogRecord } from "throughline/seams";
import type { KnownContracts } from "../payload/known-contracts.ts";
import { payloadView } from "../payload/payload-view.ts";
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
  contracts: KnownContracts,
  unmasked: boolean,
): (record: LogRecord) => boolean {
  const isAnything = !asksForEvents(filter) && text === undefined;
  const sought = text?.toLowerCase();
  return (record) => {
    if (isAnything) return true;
    const event = seen(record);
    if (event === null ? asksForEvents(filter) : !matchesEvent(event, filter)) return false;
    return sought === undefined || isIn(sought, record, event, contracts, unmasked);
  };
}

function isIn(sought: string, record: LogRecord, event: SeenEvent | null, contracts: KnownContracts, unmasked: boolean): boolean {
  // Most records are told apart by their bytes, before anything is made of them.
  if (record.value === null || !Buffer.from(record.value).toString().toLowerCase().includes(sought)) return false;
  if (unmasked) return true;
  const personal = event === null ? null : contracts.personalPaths(event.type, event.dataVersion);
  return payloadView(record, { personal, unmasked: false }).text?.toLowerCase().includes(sought) ?? false;
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
