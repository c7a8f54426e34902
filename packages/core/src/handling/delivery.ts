import type { AdoptedStreams } from "../adoption/index.ts";
import { type DecodedEvent, decodeEvent, peekType, withData } from "../envelope/index.ts";
import { undecodable } from "../envelope/undecodable.ts";
import { plainRecord } from "../packed-headers/index.ts";
import type { LogRecord } from "../seams/event-log.ts";
import type { ParkedRow } from "../seams/store.ts";

/** One record on its way to a handler: fresh from the log, or out of parking. */
export interface Delivery {
  readonly record: LogRecord;
  /** Null when the record cannot be decoded, or is no event. */
  readonly event: DecodedEvent | null;
  /** Why not. */
  readonly problem: unknown;
  /** The type, where it can be read at all; empty for a live record that adopting contracts say is no event. */
  readonly type: string | null;
  /** The row it comes out of, or null for a live one. */
  readonly parked: ParkedRow | null;
}

export type ParkedDelivery = Delivery & { readonly parked: ParkedRow };

/** Makes deliveries of records, with the contracts by which a service reads what is no CloudEvent. */
export class Deliveries {
  readonly #adopted: AdoptedStreams;

  constructor(adopted: AdoptedStreams) {
    this.#adopted = adopted;
  }

  /** Whether a topic is one that somebody else made, and is only read here. */
  isAdopted(topic: string): boolean {
    return this.#adopted.has(topic);
  }

  /** How the records of a topic are made deliveries. Asked once for many: it costs nothing where nothing is adopted. */
  reader(topic: string): (record: LogRecord) => Delivery {
    return this.#adopted.has(topic) ? (record) => this.of(record) : deliveryOfEvent;
  }

  of(record: LogRecord): Delivery {
    if (!this.#adopted.adopts(record)) return deliveryOfEvent(record);
    const { event, problem, type } = this.#adopted.read(record);
    return { record, event, problem, type: event === null && problem === null ? "" : type, parked: null };
  }

  /** A parked row as a delivery; an edit stands in place of the original's data. */
  parked(row: ParkedRow): ParkedDelivery {
    return { ...this.#asEvent(row.edited === null ? row.record : edited(row.record, row.edited.value)), parked: row };
  }

  /** A record as it reads with an edit, by whoever handled its original. */
  edited(record: LogRecord, value: Uint8Array): Delivery {
    return this.#asEvent(edited(record, value));
  }

  /** Whether an edit of it replaces its value whole, and is decoded as the original would be. */
  adopts(record: LogRecord): boolean {
    return this.#adopted.adopts(record);
  }

  /** Somebody took it for an event once: if it is none, that is what is wrong with it. */
  #asEvent(record: LogRecord): Delivery {
    const delivery = this.of(record);
    if (delivery.event !== null || delivery.problem !== null) return delivery;
    const problem = undecodable(record, "the record", "is no event to any contract that adopts its topic here");
    return { ...delivery, problem, type: null };
  }
}

/** An envelope that cannot be read is no place for an edit. A record without one is edited whole. */
function edited(record: LogRecord, value: Uint8Array | null): LogRecord {
  try {
    return value === null ? { ...plainRecord(record), value } : withData(record, value);
  } catch {
    return record;
  }
}

function deliveryOfEvent(record: LogRecord): Delivery {
  try {
    const event = decodeEvent(record);
    return { record, event, problem: null, type: event.type, parked: null };
  } catch (problem) {
    return { record, event: null, problem, type: peekType(record), parked: null };
  }
}

/** What identifies a delivery in inbox and parking: the event's key, or its place where it has none. */
export function deliveryKey({ event, record }: Delivery): string {
  return event?.key ?? `record:${record.topicId}/${record.partition}/${record.offset}`;
}

/** Empty where it has none. */
export function subjectOf({ event }: Delivery): string {
  return event?.subject ?? "";
}
