export { plannedContract, type PlannedContract } from "../plan/planned-contract.ts";
export { type PlannedHandler, type ServicePlan, servicePlanVariable, tellAndStart } from "../plan/service-plan.ts";
export { decodedData } from "../encoding/decode-data.ts";
export { framed, unframed } from "../encoding/wire-format.ts";
export { writerSchema } from "../encoding/writer-schema.ts";
export type { JsonSchema } from "../contract/json-schema.ts";
export { canonicalJson, isSameJson } from "./canonical-json.ts";
export {
  type ContractsLock,
  contractsLockName,
  type LockedContract,
  lockedContract,
  type LockedEncoding,
  type LockedSchema,
  lockedSchemaById,
  registrySubjectOf,
  schemaAddress,
} from "./contracts-lock.ts";
export { lockDifferences } from "./lock-differences.ts";
export { type ContractsLockSource, parseContractsLock, readContractsLock } from "./read-contracts-lock.ts";
export { type ContractFacts, factsKeyword, registeredData, registeredFacts, registeredForm } from "./registered-form.ts";
export { isSameEncoding } from "./same-encoding.ts";
export { publisherSchema, readerSchema } from "./schema-forms.ts";
export { whatDiffers } from "./what-differs.ts";
