import type { ClientBase } from "pg";
import { coreError, crashPoint } from "throughline/seams";
import { migration0001 } from "./migrations/0001-tables.ts";
import { migration0002 } from "./migrations/0002-outbox.ts";
import { withSchema } from "./statements.ts";

interface Migration {
  readonly number: number;
  readonly name: string;
  /** The oldest migration whose code can still work on the tables as this one leaves them. */
  readonly oldestReader: number;
  readonly sql: string;
}

/** In order, without gaps. One that was released never changes: a test holds its hash. */
export const migrations: readonly Migration[] = [
  { number: 1, name: "tables", oldestReader: 1, sql: migration0001 },
  { number: 2, name: "outbox", oldestReader: 1, sql: migration0002 },
];

const newest = migrations.length;

const createSql = `
CREATE SCHEMA IF NOT EXISTS throughline ;
CREATE TABLE IF NOT EXISTS throughline.migrations (
  number integer PRIMARY KEY,
  name text NOT NULL,
  oldest_reader integer NOT NULL,
  applied_at_ms bigint NOT NULL
);`;
const lockSql = "SELECT pg_advisory_xact_lock(hashtextextended('throughline migrations', 4))";
// Not to_regclass: after waiting for the lock, a connection still answers from its memory that the schema is missing.
const existsSql = `
  SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = 'migrations') AS exists`;
const foundSql =
  'SELECT coalesce(max(number), 0) AS number, coalesce(max(oldest_reader), 0) AS "oldestReader" FROM throughline.migrations';
const appliedSql = "INSERT INTO throughline.migrations (number, name, oldest_reader, applied_at_ms) VALUES ($1, $2, $3, $4)";

export interface MigrateOptions {
  readonly store: string;
  readonly schema: string;
  readonly migrate: boolean;
  readonly nowMs: number;
}

/**
 * Brings the store's tables to this version, in one transaction and under a lock that other instances wait for, or with
 * `migrate: false` checks that they are there; returns what it applied. Rejects with `STORE_NOT_MIGRATED`, and `STORE_TOO_NEW`
 * when a newer version left nothing that this one can work on. A store that is up to date is only read.
 */
export async function migrateStore(client: ClientBase, options: MigrateOptions): Promise<{ number: number; name: string }[]> {
  const { store, schema } = options;
  const found = await foundIn(client, options);
  if (found >= newest) return [];
  if (!options.migrate) throw coreError("STORE_NOT_MIGRATED", { store, found, needed: newest });
  const text = (sql: string): string => withSchema(sql, schema);
  await client.query("BEGIN");
  try {
    await client.query(text(lockSql));
    // Another instance may have been first.
    const missing = migrations.slice(await foundIn(client, options));
    if (missing.length > 0) await client.query(text(createSql));
    for (const { number, name, oldestReader, sql } of missing) {
      await client.query(text(sql));
      await client.query(text(appliedSql), [number, name, oldestReader, options.nowMs]);
      crashPoint("store.after-migration");
    }
    await client.query("COMMIT");
    return missing.map(({ number, name }) => ({ number, name }));
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

/** The same as one script, for teams whose own tool migrates the database: what a store at migration `after` lacks. */
export function migrationScript(after: number, schema: string): string {
  const steps = migrations.slice(after).map(
    ({ number, name, oldestReader, sql }) => `-- ${number}: ${name}
${sql.trim()}
INSERT INTO throughline.migrations (number, name, oldest_reader, applied_at_ms)
  VALUES (${number}, '${name}', ${oldestReader}, (extract(epoch FROM clock_timestamp()) * 1000)::bigint);
`,
  );
  return withSchema(["BEGIN;", `${lockSql};`, createSql.trim(), ...steps, "COMMIT;", ""].join("\n"), schema);
}

async function foundIn(client: ClientBase, { store, schema }: MigrateOptions): Promise<number> {
  const { rows } = await client.query<{ exists: boolean }>(existsSql, [schema]);
  if (rows[0]?.exists !== true) return 0;
  const found = (await client.query<{ number: number; oldestReader: number }>(withSchema(foundSql, schema))).rows[0];
  if ((found?.oldestReader ?? 0) > newest) throw coreError("STORE_TOO_NEW", { store, found: found?.number ?? 0, known: newest });
  return found?.number ?? 0;
}
