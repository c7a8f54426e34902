export { sqliteError, sqliteErrors } from "./catalogue.ts";
export { logFailure, storeFailure } from "./database-failures.ts";
