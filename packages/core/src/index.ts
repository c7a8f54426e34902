export * from "./seams/index.ts";
export * from "./correlation/index.ts";
export * from "./logging/index.ts";
export * from "./tracing/index.ts";
export {
  createMemoryStore,
  type CommitFailure,
  type MemoryStore,
  type MemoryStoreOptions,
  type MemoryStoreSnapshot,
} from "./memory/memory-store.ts";
export type { MemoryTx } from "./memory/memory-store-tx.ts";
export * from "./contract/index.ts";
export { decodeRecord } from "./adoption/index.ts";
export * from "./encoding/index.ts";
export * from "./envelope/index.ts";
export {
  createMemoryLog,
  type MemberReference,
  type MemoryLog,
  type MemoryLogOptions,
  type RecordJudge,
} from "./memory/memory-log.ts";
export { seededSurroundings, systemSurroundings, type SeededSurroundings, type VirtualClock } from "./surroundings/index.ts";
export * from "./service/index.ts";
