import { postgresError } from "../errors/catalogue.ts";

/** `postgres://…`, checked. Its errors never show what was given: it may hold a password. */
export function postgresUrl(given: string): URL {
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw postgresError("POSTGRES_ADDRESS_INVALID", { what: "it is no URL; encode special characters of the password" });
  }
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:")
    throw postgresError("POSTGRES_ADDRESS_INVALID", { what: `its protocol is ${url.protocol.slice(0, -1)}` });
  return url;
}

export interface ServerPlace {
  readonly host?: string | undefined;
  readonly port?: number | string | undefined;
  readonly database?: string | undefined;
}

export function placeOf(url: URL): ServerPlace {
  return { host: url.hostname, port: url.port === "" ? undefined : url.port, database: url.pathname.slice(1) };
}

/** How messages name a store: server, database and schema, never who connects. */
export function storeName({ host, port, database }: ServerPlace, schema: string): string {
  return `postgres://${host ?? "localhost"}:${port ?? 5432}/${database ?? ""}#${schema}`;
}

/** The schema that an address names: `postgres://…/database?schema=throughline_billing`. */
export function schemaOf(url: URL): string {
  return checkedSchema(url.searchParams.get("schema") ?? "throughline");
}

/** The schema's name, which is written into SQL. */
export function checkedSchema(schema: string): string {
  if (!/^[a-z_][a-z0-9_]{0,39}$/.test(schema)) throw postgresError("POSTGRES_SCHEMA_INVALID", { schema });
  return schema;
}
