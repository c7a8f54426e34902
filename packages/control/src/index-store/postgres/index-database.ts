import pg from "pg";
import { controlError } from "../../errors/catalogue.ts";
import { orAway } from "../../postgres/or-away.ts";
import { type Sql, sqlOn } from "../../postgres/sql.ts";
import { transact } from "../../postgres/transact.ts";
import { indexSchema, indexVersion } from "./index-schema.ts";

export type { Sql } from "../../postgres/sql.ts";

const statementMs = 60_000;
const mostConnections = 8;
/** Who makes the tables, and who writes, does it one after the other: as with SQLite's file there is one writer. */
const lock = "SELECT pg_advisory_xact_lock(hashtextextended('throughline index', 7))";

/** A pool of connections to the index, in a schema of its own. */
export class IndexDatabase {
  readonly #pool: pg.Pool;

  private constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** Makes the tables where they are not there, and throws away those of an older version. @throws INDEX_DATABASE_UNUSABLE */
  static async open(url: string): Promise<IndexDatabase> {
    const types = new pg.TypeOverrides();
    types.setTypeParser(pg.types.builtins.INT8, Number);
    const pool = new pg.Pool({
      connectionString: url,
      max: mostConnections,
      connectionTimeoutMillis: 15_000,
      statement_timeout: statementMs,
      query_timeout: 2 * statementMs,
      application_name: "throughline-control",
      // Tables grow by millions of rows while a connection lives: what was the best plan for few rows must not be kept.
      options: "-c search_path=throughline_index -c plan_cache_mode=force_custom_plan",
      // What is counted here stays below 2^53.
      types,
    });
    // One that is idle and lost is replaced; without a listener it would end the process.
    pool.on("error", () => undefined);
    const database = new IndexDatabase(pool);
    try {
      await database.#prepare();
      return database;
    } catch (error) {
      await pool.end();
      if ((error as { code?: unknown }).code === "INDEX_DATABASE_UNUSABLE") throw error;
      throw controlError("INDEX_DATABASE_UNUSABLE", { what: error instanceof Error ? error.message : String(error) }, error);
    }
  }

  readonly read: Sql = sqlOn((text, values) => orAway(this.#pool.query(text, values)));

  /**
   * Writes, when nobody else does. `work` is told the number of the index: another one was begun anew since, and its rows have other numbers.
   */
  write<T>(work: (sql: Sql, generation: number) => Promise<T>): Promise<T> {
    return this.#transact(async (sql) => {
      await sql.row(lock);
      const changed = "UPDATE state SET version = version + 1 RETURNING generation";
      const { generation } = (await sql.row<{ generation: number }>(changed))!;
      return work(sql, generation);
    });
  }

  /** Empties the index. */
  async clear(): Promise<void> {
    await this.#transact(async (sql) => {
      await sql.row(lock);
      const { generation } = (await sql.row<{ generation: number }>("SELECT generation FROM state"))!;
      await recreate(sql, generation + 1);
    });
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #prepare(): Promise<void> {
    await this.#transact(async (sql) => {
      await sql.row(lock);
      const found = await sql.row<{ state: string | null }>("SELECT to_regclass('throughline_index.state')::text AS state");
      if (found?.state == null) return recreate(sql, 1);
      const { index_version: version, generation } = (await sql.row<{ index_version: number; generation: number }>(
        "SELECT index_version, generation FROM throughline_index.state",
      ))!;
      if (version > indexVersion)
        throw controlError("INDEX_DATABASE_UNUSABLE", { what: `a newer version made its tables (version ${version})` });
      if (version < indexVersion) await recreate(sql, generation + 1);
    });
  }

  #transact<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return orAway(transact(this.#pool, (client) => work(named(client))));
  }
}

const names = new Map<string, string>();

/** Statements are prepared once on each connection: a batch asks the same ones thousands of times. */
function named(client: pg.PoolClient): Sql {
  return sqlOn((text, values) => {
    let name = names.get(text);
    if (name === undefined) names.set(text, (name = `index_${names.size}`));
    return client.query({ name, text, values });
  });
}

async function recreate(sql: Sql, generation: number): Promise<void> {
  await sql.run("DROP SCHEMA IF EXISTS throughline_index CASCADE");
  await sql.run("CREATE SCHEMA throughline_index");
  for (const statement of indexSchema.split(";").filter((text) => text.trim() !== "")) await sql.run(statement);
  await sql.run(
    "CREATE TABLE throughline_index.state (index_version integer NOT NULL, generation bigint NOT NULL, version bigint NOT NULL)",
  );
  await sql.run("INSERT INTO throughline_index.state VALUES ($1, $2, $3)", indexVersion, generation, Date.now());
}
