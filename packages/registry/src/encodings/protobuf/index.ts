export type { NumberOptions } from "../encoding-options.ts";
export { protobuf, type ProtobufOptions } from "./protobuf.ts";
