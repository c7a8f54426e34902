export { decodedData } from "./decode-data.ts";
export { type EncodedValue, encodedValue } from "./encode-data.ts";
