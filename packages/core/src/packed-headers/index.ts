export { headersFromJson, headersToJson } from "./header-json.ts";
export { type HeaderVisitor, packHeaders, sameBytes, unpackHeaders, visitHeaders } from "./packed-headers.ts";
export { plainRecord } from "./plain-record.ts";
