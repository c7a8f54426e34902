import type { ClientBase } from "pg";
import pg from "pg";
import { checkedSchema, placeOf, postgresUrl, schemaOf, storeName } from "../database/postgres-address.ts";
import { storeFailure } from "../errors/index.ts";
import { migrateStore, migrationScript } from "./migrate.ts";
import { withSchema } from "./statements.ts";

const ownerTableSql = "SELECT to_regclass('throughline.service') IS NOT NULL AS exists";
const ownerSql = "SELECT name FROM throughline.service";

/** How messages name the store at an address: without who connects. */
export function postgresStoreName(address: string): string {
  const url = postgresUrl(address);
  return storeName(placeOf(url), schemaOf(url));
}

/**
 * The SQL of the store's tables as one transaction, for teams whose own tool migrates the database: what a store at migration
 * `after` lacks. A store that has run it opens with `migrate: false`.
 * @param options.url Names the schema by `?schema=…`, if `schema` is not given. Nothing is connected to.
 */
export function postgresStoreSql({ after, schema, url }: { after: number; schema?: string; url?: string }): string {
  const named = url === undefined ? "throughline" : schemaOf(postgresUrl(url));
  return migrationScript(after, checkedSchema(schema ?? named));
}

/** The service that a store belongs to; null where no service has opened it yet. Changes nothing. */
export function postgresStoreOwner(address: string): Promise<string | null> {
  return withClient(address, async (client, { schema }) => {
    const [table] = (await client.query<{ exists: boolean }>(withSchema(ownerTableSql, schema))).rows;
    if (table?.exists !== true) return null;
    return (await client.query<{ name: string }>(withSchema(ownerSql, schema))).rows[0]?.name ?? null;
  });
}

/** Brings the tables of a database to this version; returns what it applied. Safe from many places at once. */
export function migratePostgresStore(address: string, { nowMs }: { nowMs: number }): Promise<{ number: number; name: string }[]> {
  return withClient(address, (client, place) => migrateStore(client, { ...place, migrate: true, nowMs }));
}

async function withClient<T>(
  address: string,
  work: (client: ClientBase, place: { store: string; schema: string }) => Promise<T>,
): Promise<T> {
  const schema = schemaOf(postgresUrl(address));
  const store = postgresStoreName(address);
  const client = new pg.Client({ connectionString: address, connectionTimeoutMillis: 10_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await work(client, { store, schema });
  } catch (error) {
    throw storeFailure(error, { store, limitMs: 0 });
  } finally {
    await client.end().catch(() => undefined);
  }
}
