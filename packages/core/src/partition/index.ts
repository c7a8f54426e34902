export { murmur2 } from "./murmur2.ts";
export { partitionForKey } from "./partition-for-key.ts";
export { recordBytes } from "./record-bytes.ts";
