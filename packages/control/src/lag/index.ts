export type { Excuse, GroupRecord, PartitionRecord } from "./group-record.ts";
export type { Incident, IncidentEnd, IncidentFailures } from "./incident.ts";
export { lagMetrics } from "./lag-metrics.ts";
export type { GroupLag, LagReport, PartitionLag } from "./lag-report.ts";
export { defaultMaxBehind, type EscalationStep, type LagRule, LagRules, type LagRulesOptions } from "./lag-rules.ts";
export type {
  Acknowledgement,
  Delivery,
  DeliveryQuery,
  DeliveryView,
  HistoryPartition,
  HistoryPoint,
  HistoryQuery,
  IncidentQuery,
  IncidentView,
  LagStore,
  Silence,
} from "./lag-store.ts";
export { type LagWatcher, type LagWatcherOptions, startLagWatcher } from "./lag-watcher.ts";
export { OffsetTimes, type EndAtTime } from "./offset-times.ts";
export {
  groupStatus,
  partitionStatus,
  type GroupStatus,
  type PartitionStatus,
  type ReadingWindow,
  type SeenPosition,
} from "./partition-status.ts";
export { AnnouncedReaders, type ReaderExcuse, type ReaderStates } from "./reader-states.ts";
export type { LagRetention } from "./lag-retention.ts";
export { openPostgresLagStore } from "./postgres/postgres-lag-store.ts";
export { openSqliteLagStore } from "./sqlite-lag-store.ts";
