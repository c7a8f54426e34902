import pg from "pg";
import { orAway } from "./or-away.ts";
import { type Sql, sqlOn } from "./sql.ts";
import { transact } from "./transact.ts";

/** Tables that a store of the control plane keeps in PostgreSQL, in a schema of its own. */
export interface DatabaseKind {
  /** Statements find its tables without naming it. */
  readonly schema: string;
  /** One that was released is never changed: another one follows. */
  readonly migrations: readonly string[];
  /** Those who migrate do it one after the other, by a lock of this name. */
  readonly lock: string;
  readonly connections: number;
  readonly statementMs: number;
  /** What is thrown where the database cannot be used; it must hold no password. */
  readonly unusable: (what: string, cause?: unknown) => Error;
}

/** Tables that a newer version made. */
class Newer extends Error {}

/** A pool of connections to a store's tables, and transactions on it. */
export class MigratedDatabase {
  readonly #kind: DatabaseKind;
  readonly #pool: pg.Pool;
  /** Statements that each are a transaction of their own. */
  readonly sql: Sql;

  private constructor(kind: DatabaseKind, pool: pg.Pool) {
    this.#kind = kind;
    this.#pool = pool;
    this.sql = sqlOn((text, values) => orAway(pool.query(text, values)));
  }

  /** Opens it, and brings its tables to this version, however many do so at once. Rejects with the kind's own error. */
  static async open(url: string, kind: DatabaseKind): Promise<MigratedDatabase> {
    const types = new pg.TypeOverrides();
    // What is counted here stays below 2^53.
    types.setTypeParser(pg.types.builtins.INT8, Number);
    const pool = new pg.Pool({
      connectionString: url,
      max: kind.connections,
      connectionTimeoutMillis: 15_000,
      statement_timeout: kind.statementMs,
      // A connection that a network swallowed is given up, and not waited for.
      query_timeout: 2 * kind.statementMs,
      application_name: "throughline-control",
      options: `-c search_path=${kind.schema}`,
      types,
    });
    // One that is idle and lost is replaced; without a listener it would end the process.
    pool.on("error", () => undefined);
    const database = new MigratedDatabase(kind, pool);
    try {
      await database.#migrate();
      return database;
    } catch (error) {
      await pool.end();
      const what = error instanceof Error ? error.message : String(error);
      throw kind.unusable(what, error instanceof Newer ? undefined : error);
    }
  }

  /** What `work` throws rolls back all of it. @throws CONTROL_DATABASE_AWAY, as statements do; a COMMIT may have succeeded then */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return orAway(transact(this.#pool, (client) => work(sqlOn((text, values) => client.query(text, values)))));
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #migrate(): Promise<void> {
    const { schema, lock, migrations } = this.#kind;
    await this.transaction(async (sql) => {
      await sql.row("SELECT pg_advisory_xact_lock(hashtextextended($1, 7))", lock);
      const found = await sql.row<{ table: string | null }>('SELECT to_regclass($1)::text AS "table"', `${schema}.migration`);
      if (found?.table == null) {
        await sql.run(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
        await sql.run(`CREATE TABLE ${schema}.migration (number integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())`);
      }
      const { last } = (await sql.row<{ last: number }>(`SELECT coalesce(max(number), 0) AS last FROM ${schema}.migration`))!;
      if (last > migrations.length) throw new Newer(`a newer version made its tables (migration ${last})`);
      for (const [index, migration] of migrations.entries()) {
        if (index < last) continue;
        // Without values it may be several statements.
        await sql.run(migration);
        await sql.run(`INSERT INTO ${schema}.migration (number) VALUES ($1)`, index + 1);
      }
    });
  }
}
