export { type DecodedEvent, decodeEvent, isCloudEvent, peekType, withData } from "./decode-event.ts";
export { derivedEventId, eventKey, newEventId } from "./event-id.ts";
export { type EncodedEvent, encodeEvent, type NewEvent, withSequence } from "./encode-event.ts";
export { encodeStructuredEvent } from "./encode-structured-event.ts";
