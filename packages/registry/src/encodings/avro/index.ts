export type { NumberOptions } from "../encoding-options.ts";
export { avro, type AvroSchema } from "./avro.ts";
