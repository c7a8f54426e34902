import pg from "pg";
import { type Databases, firstNumber, type Row } from "./databases.ts";
import type { SqliteDatabases } from "./sqlite-databases.ts";
import { numbered, schemaOf } from "./store-names.ts";

/** Whoever waits for an answer hears of it. */
const ignore = (): void => undefined;

const inWordsOfPostgres = (sql: string, schema: string): string =>
  numbered(sql)
    .replaceAll("throughline_", `${schema}.`)
    .replaceAll(/\bhex\((\w+)\)/g, "encode($1, 'hex')");

/** A schema for each service, in one database; what is no service keeps a file of its own. */
export class PostgresDatabases implements Databases {
  readonly #pool: pg.Pool;
  readonly #files: SqliteDatabases;

  constructor(url: string, files: SqliteDatabases) {
    this.#files = files;
    this.#pool = new pg.Pool({ connectionString: url, max: 4, allowExitOnIdle: true });
    this.#pool.on("error", ignore);
  }

  async all(service: string, sql: string, ...parameters: (string | number)[]): Promise<Row[]> {
    if (this.#files.has(service)) return this.#files.all(service, sql, ...parameters);
    const schema = schemaOf(service);
    const client = await this.#pool.connect();
    client.on("error", ignore);
    let failed = true;
    try {
      await client.query(`SET search_path TO ${schema}`);
      const { rows } = await client.query(inWordsOfPostgres(sql, schema), parameters);
      failed = false;
      return rows as Row[];
    } catch (error) {
      // undefined_table
      if ((error as { code?: string }).code === "42P01") return [];
      throw error;
    } finally {
      client.off("error", ignore);
      client.release(failed);
    }
  }

  async number(service: string, sql: string): Promise<number> {
    return firstNumber(await this.all(service, sql));
  }

  async close(): Promise<void> {
    await this.#files.close();
    await this.#pool.end();
  }
}
