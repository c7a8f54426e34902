export { eventLogConformance } from "./event-log-conformance.ts";
export { runEventLogMember } from "./event-log-member-process.ts";
export type { EventLogUnderTest, SpawnedMember, SpawnedMemberOptions } from "./event-log-options.ts";
export { storeConformance } from "./store-conformance.ts";
export type { StoreEffects, StoreUnderTest } from "./store-options.ts";
