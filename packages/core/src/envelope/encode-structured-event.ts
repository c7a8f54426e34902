import { encodeEvent, type EncodedEvent, type NewEvent } from "./encode-event.ts";

const CONTENT_TYPE = Buffer.from("application/cloudevents+json");

/**
 * Encodes an event in structured mode: the whole event is the value, in the JSON event format of CloudEvents 1.0. For
 * consumers that cannot read headers; the log itself is written in binary mode (`encodeEvent`).
 * Throws `EVENT_INVALID` for data that JSON cannot hold.
 */
export function encodeStructuredEvent(event: NewEvent): EncodedEvent {
  const binary = encodeEvent({ ...event, encoded: null });
  const attributes: Record<string, unknown> = {};
  for (const [name, value] of binary.headers) {
    if (name.startsWith("ce_") && value !== null) attributes[name.slice("ce_".length)] = Buffer.from(value).toString();
  }
  const envelope = { ...attributes, datacontenttype: "application/json", data: event.data };
  return { key: binary.key, value: Buffer.from(JSON.stringify(envelope)), headers: [["content-type", CONTENT_TYPE]] };
}
