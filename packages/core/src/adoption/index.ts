export { AdoptedStreams } from "./adopted-streams.ts";
export { decodeRecord } from "./decode-record.ts";
