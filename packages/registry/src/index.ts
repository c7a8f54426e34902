export { openSchemaRegistry, type SchemaRegistryOptions } from "./client/open-schema-registry.ts";
export type { RegistryCredentials, RegistrySecret } from "./client/registry-address.ts";
export {
  checkCompatibility,
  type CompatibilityCheck,
  type CompatibilityLevel,
  compatibilityLevels,
  compatibilityPolicies,
  type CompatibilityPolicy,
  type Incompatibility,
  type SchemaText,
  type SchemaType,
} from "./compatibility/check-compatibility.ts";
export { type AnnouncedEncoding, announcedEncoding, registeredBytes, registeredText } from "./encodings/registered-data.ts";
export type { Difference, DifferenceKind } from "./compatibility/difference.ts";
export { SchemaInvalid } from "./compatibility/schema-invalid.ts";
export { canDeploy, type DeployKnowledge, type DeployVerdict } from "./consumers/can-deploy.ts";
export type { ConsumerBreak, HandlerPlace } from "./consumers/reading-break.ts";
export { placeText } from "./consumers/reading-break.ts";
export type { RunningVersion } from "./consumers/running-services.ts";
export type { Candidate } from "./consumers/what-it-reads.ts";
export { type BreakReport, type PublisherChange, whoBreaks } from "./consumers/who-breaks.ts";
export { Registry, type SchemaRequest, type SchemaVersion } from "./registry/registry.ts";
export { RegistryError, type RegistryErrorKind } from "./registry/registry-error.ts";
export type {
  Mode,
  RegisteredSchema,
  RegistryStore,
  RegistryTransaction,
  SchemaReference,
  Settings,
  StoredSchema,
  StoredVersion,
} from "./registry/registry-store.ts";
export { openPostgresRegistryStore } from "./registry/postgres-registry-store.ts";
export { openSqliteRegistryStore } from "./registry/sqlite-registry-store.ts";
export { type SubjectName, subjectNamed } from "./registry/subject-name.ts";
export { registryApp, type RegistryServer, type RegistryServerOptions, startRegistry } from "./server/registry-server.ts";
