import pg from "pg";
import { controlError } from "../../errors/catalogue.ts";
import { transact } from "../../postgres/transact.ts";
import type { Row } from "../lag-rows.ts";
import { lagMigrations } from "./lag-migrations.ts";

/** Those who migrate do it one after the other. */
const lock = "SELECT pg_advisory_xact_lock(hashtextextended('throughline lag', 7))";
const statementMs = 15_000;
const mostConnections = 4;

/** A pool of connections to the watcher's database, and transactions on it. */
export class LagDatabase {
  readonly #pool: pg.Pool;

  private constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** Opens it, and brings its tables to this version. @throws LAG_DATABASE_UNUSABLE */
  static async open(url: string): Promise<LagDatabase> {
    const pool = new pg.Pool({
      connectionString: url,
      max: mostConnections,
      connectionTimeoutMillis: statementMs,
      statement_timeout: statementMs,
      // A connection that a network swallowed is given up, and not waited for.
      query_timeout: 2 * statementMs,
      application_name: "throughline-control",
    });
    // One that is idle and lost is replaced; without a listener it would end the process.
    pool.on("error", () => undefined);
    const database = new LagDatabase(pool);
    try {
      await database.#migrate();
      return database;
    } catch (error) {
      await pool.end();
      if ((error as { code?: unknown }).code === "LAG_DATABASE_UNUSABLE") throw error;
      throw controlError("LAG_DATABASE_UNUSABLE", { what: error instanceof Error ? error.message : String(error) }, error);
    }
  }

  async rows(sql: string, ...values: unknown[]): Promise<Row[]> {
    return (await this.#pool.query<Row>(sql, values)).rows;
  }

  /** Answers with the number of rows that changed. */
  async run(sql: string, ...values: unknown[]): Promise<number> {
    return (await this.#pool.query(sql, values)).rowCount ?? 0;
  }

  transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return transact(this.#pool, work);
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #migrate(): Promise<void> {
    await this.transaction(async (client) => {
      await client.query(lock);
      const { rows } = await client.query<{ tables: string | null }>(
        "SELECT to_regclass('throughline_lag.migration')::text AS tables",
      );
      if (rows[0]?.tables == null)
        await client.query(
          `CREATE SCHEMA IF NOT EXISTS throughline_lag;
           CREATE TABLE throughline_lag.migration (number integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());`,
        );
      const done = await client.query<{ last: number }>("SELECT coalesce(max(number), 0) AS last FROM throughline_lag.migration");
      const last = done.rows[0]!.last;
      if (last > lagMigrations.length)
        throw controlError("LAG_DATABASE_UNUSABLE", { what: `a newer version made its tables (migration ${last})` });
      for (const [index, sql] of lagMigrations.entries()) {
        if (index < last) continue;
        await client.query(sql);
        await client.query("INSERT INTO throughline_lag.migration (number) VALUES ($1)", [index + 1]);
      }
    });
  }
}
