export { coreError, coreErrors } from "./catalogue.ts";
export { errorTable, type ErrorDefinition } from "./error-table.ts";
export { isThroughlineError, ThroughlineError } from "./throughline-error.ts";
