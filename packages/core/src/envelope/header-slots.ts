import type { Header } from "../seams/event-log.ts";

/** The headers that mean something to us, undecoded. */
export interface HeaderSlots {
  contentType: Uint8Array | null;
  specversion: Uint8Array | null;
  id: Uint8Array | null;
  source: Uint8Array | null;
  type: Uint8Array | null;
  subject: Uint8Array | null;
  time: Uint8Array | null;
  dataschema: Uint8Array | null;
  correlationid: Uint8Array | null;
  causationid: Uint8Array | null;
  dataversion: Uint8Array | null;
  tenantid: Uint8Array | null;
  traceparent: Uint8Array | null;
  tracestate: Uint8Array | null;
  sequence: Uint8Array | null;
  sequencetype: Uint8Array | null;
  sequenceepoch: Uint8Array | null;
}

/** Goes through the headers once. Of a header that occurs twice, the last counts, as for any Kafka client. */
export function scanHeaders(headers: readonly Header[]): HeaderSlots {
  const slots: HeaderSlots = {
    contentType: null,
    specversion: null,
    id: null,
    source: null,
    type: null,
    subject: null,
    time: null,
    dataschema: null,
    correlationid: null,
    causationid: null,
    dataversion: null,
    tenantid: null,
    traceparent: null,
    tracestate: null,
    sequence: null,
    sequencetype: null,
    sequenceepoch: null,
  };
  for (let i = 0; i < headers.length; i++) {
    // By index: destructuring goes through an iterator, and this runs for each header of each record.
    const header = headers[i] as Header;
    const name = header[0];
    const value = header[1];
    switch (name) {
      case "ce_specversion":
        slots.specversion = value;
        break;
      case "ce_id":
        slots.id = value;
        break;
      case "ce_source":
        slots.source = value;
        break;
      case "ce_type":
        slots.type = value;
        break;
      case "ce_subject":
        slots.subject = value;
        break;
      case "ce_time":
        slots.time = value;
        break;
      case "ce_dataschema":
        slots.dataschema = value;
        break;
      case "ce_correlationid":
        slots.correlationid = value;
        break;
      case "ce_causationid":
        slots.causationid = value;
        break;
      case "ce_dataversion":
        slots.dataversion = value;
        break;
      case "ce_tenantid":
        slots.tenantid = value;
        break;
      case "ce_traceparent":
        slots.traceparent = value;
        break;
      case "ce_tracestate":
        slots.tracestate = value;
        break;
      case "ce_sequence":
        slots.sequence = value;
        break;
      case "ce_sequencetype":
        slots.sequencetype = value;
        break;
      case "ce_sequenceepoch":
        slots.sequenceepoch = value;
        break;
      case "content-type":
        slots.contentType = value;
        break;
      default:
        if (name.length === 12 && name.toLowerCase() === "content-type") slots.contentType = value;
    }
  }
  return slots;
}

/** The attributes behind the slots: whatever else has a `ce_` header is an extension nobody here knows. */
export const KNOWN_ATTRIBUTES: ReadonlySet<string> = new Set([
  "specversion",
  "id",
  "source",
  "type",
  "subject",
  "time",
  "dataschema",
  "datacontenttype",
  "correlationid",
  "causationid",
  "dataversion",
  "tenantid",
  "traceparent",
  "tracestate",
]);

/** The attributes of a position; they are extensions like any other where the numbering is not ours. */
export const SEQUENCE_ATTRIBUTES: ReadonlySet<string> = new Set(["sequence", "sequencetype", "sequenceepoch"]);
