export * from "./access/index.ts";
export * from "./alerts/index.ts";
export { type Audit, audited, type AuditIntent, createAudit } from "./audit/create-audit.ts";
export { ControlConfigSchema } from "./config/config-schema.ts";
export { type ControlConfig, readControlConfig } from "./config/read-control-config.ts";
export type { SecretSources } from "./config/secret-source.ts";
export { controlErrors } from "./errors/catalogue.ts";
export * from "./lag/index.ts";
export type { Compatibility, VersionBreak } from "./catalogue/version-diffs.ts";
export { type FailingCause, failuresOfIndex, type ReadFailures, type SeenFailures } from "./failures/failing-causes.ts";
export { causeOf, type FailureCause } from "./failures/fingerprint.ts";
export type { FailureGroup, FailurePage, FailureQuery, FailureState, IndexedFailure } from "./failures/indexed-failure.ts";
export { explainAbsence, type Absence } from "./flow/explain-absence.ts";
export { findFlows, whyBlind, type IndexedFlows, type IndexFlowsOptions } from "./flow/index-flows.ts";
export type * from "./index-store/index-batch.ts";
export type * from "./index-store/index-store.ts";
export type { LogGap, LogLine } from "./log-lines/log-line.ts";
export type { LogGapQuery, LogLinePage, LogLineQuery } from "./log-lines/log-line-query.ts";
export type { Traffic, TypeSeen } from "./index-store/traffic.ts";
export { openPostgresIndex } from "./index-store/postgres/postgres-index-store.ts";
export { openSqliteIndex } from "./index-store/sqlite/open-sqlite-index.ts";
export { createIndexer, type Indexer, type IndexerOptions } from "./indexing/indexer.ts";
export type { DataEncodings } from "./payload/data-encodings.ts";
export { controlApp, type ControlApp, type ControlRoutes, routesOf } from "./server/control-app.ts";
export type { ControlParts, Mount } from "./server/control-parts.ts";
export { IndexChanges } from "./server/index-changes.ts";
export {
  type ControlAccessOptions,
  type ControlLagOptions,
  type ControlOptions,
  type ControlServer,
  indexFile,
  startControl,
} from "./server/start-control.ts";
export type * from "./redrive/job.ts";
export type * from "./redrive/job-store.ts";
export type { ConfirmTerms } from "./redrive/job-terms.ts";
export type { PlanRequest } from "./redrive/make-plan.ts";
export { createRedrives, type JobOrder, type Redrives, type RedrivesOptions } from "./redrive/redrives.ts";
export type { LeftOut, LeftOutReason, Selection } from "./redrive/selection.ts";
export { openPostgresJobs } from "./redrive/postgres/open-postgres-jobs.ts";
export { openSqliteJobs } from "./redrive/sqlite/open-sqlite-jobs.ts";
