export { crashPoint, type CrashPointHook, onCrashPoint } from "../crash/index.ts";
export { coreError, coreErrors, errorTable, isThroughlineError, ThroughlineError } from "../errors/index.ts";
export type * from "./encoding.ts";
export type * from "./event-log.ts";
export type * from "./runtime.ts";
export type * from "./schema-registry.ts";
export type * from "./store.ts";
export { partitionForKey, recordBytes } from "../partition/index.ts";
export { headersFromJson, headersToJson, packHeaders, plainRecord, unpackHeaders } from "../packed-headers/index.ts";
export {
  type Level,
  runScope,
  type ScopedTransaction,
  type SqlStatement,
  TransactionScope,
  Turns,
} from "../shared-transaction/index.ts";
export { isAlive, thisProcess } from "../surroundings/process-identity.ts";
