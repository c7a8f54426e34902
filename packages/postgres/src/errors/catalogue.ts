import { errorTable } from "throughline/seams";

/** Error codes that only the store on PostgreSQL has; everything else is a code of the seams. */
export const postgresErrors = {
  POSTGRES_ADDRESS_INVALID: {
    retryable: false,
    message: (d: { what: string }) =>
      `the address of the PostgreSQL server cannot be used (${d.what}); write it as postgres://user:password@host:5432/database`,
  },
  POSTGRES_SCHEMA_INVALID: {
    retryable: false,
    message: (d: { schema: string }) =>
      `"${d.schema}" is no name for the store's schema; use at most 40 lower case letters, digits and underscores, not beginning with a digit`,
  },
  POSTGRES_REFUSED: {
    retryable: false,
    message: (d: { store: string; what: string }) =>
      `PostgreSQL refuses the connection to ${d.store} (${d.what}); correct user, password, database or the server's pg_hba.conf`,
  },
  POSTGRES_TOO_OLD: {
    retryable: false,
    message: (d: { store: string; version: string }) =>
      `${d.store} is PostgreSQL ${d.version}, and the store needs version 14 or newer; upgrade the server`,
  },
  POSTGRES_EXECUTOR_INVALID: {
    retryable: false,
    message: (d: { what: string }) => `the store cannot work through the application's client: ${d.what}`,
  },
  POSTGRES_TABLES_INVALID: {
    retryable: false,
    message: (d: { store: string; what: string }) =>
      `the application's tables cannot be created in ${d.store} (${d.what}); correct the SQL given as { tables }`,
  },
} as const;

export const postgresError = errorTable(postgresErrors);
