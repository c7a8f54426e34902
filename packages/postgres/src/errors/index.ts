export { postgresError, postgresErrors } from "./catalogue.ts";
export { storeFailure } from "./database-failures.ts";
