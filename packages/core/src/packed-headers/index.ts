export { type HeaderVisitor, packHeaders, sameBytes, unpackHeaders, visitHeaders } from "./packed-headers.ts";
