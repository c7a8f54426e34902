export { plannedContract, type PlannedContract } from "../plan/planned-contract.ts";
export { type PlannedHandler, type ServicePlan, servicePlanVariable } from "../plan/service-plan.ts";
export { publisherSchema, readerSchema } from "./schema-forms.ts";
