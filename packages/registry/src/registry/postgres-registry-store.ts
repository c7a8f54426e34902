import pg from "pg";
import type {
  RegisteredSchema,
  RegistryStore,
  RegistryTransaction,
  SchemaReference,
  Settings,
  StoredSchema,
  StoredVersion,
} from "./registry-store.ts";
import type { SubjectName } from "./subject-name.ts";

/** One number for all registries of a database: who makes the tables, and who writes, does it one after the other. */
const lock = "SELECT pg_advisory_xact_lock(hashtextextended('throughline registry', 7))";

const tables = `
  CREATE SCHEMA IF NOT EXISTS throughline_registry;
  CREATE TABLE IF NOT EXISTS throughline_registry.contexts (context text PRIMARY KEY, last_id integer NOT NULL);
  CREATE TABLE IF NOT EXISTS throughline_registry.schemas (
    context text NOT NULL,
    id integer NOT NULL,
    identity text NOT NULL,
    type text NOT NULL,
    text text NOT NULL,
    refs jsonb NOT NULL,
    metadata json NOT NULL,
    rule_set json NOT NULL,
    PRIMARY KEY (context, id),
    UNIQUE (context, identity)
  );
  CREATE TABLE IF NOT EXISTS throughline_registry.versions (
    context text NOT NULL,
    subject text NOT NULL,
    version integer NOT NULL,
    schema_id integer NOT NULL,
    is_deleted boolean NOT NULL,
    PRIMARY KEY (context, subject, version)
  );
  CREATE INDEX IF NOT EXISTS versions_by_schema ON throughline_registry.versions (context, schema_id);
  CREATE TABLE IF NOT EXISTS throughline_registry.settings (
    context text NOT NULL,
    subject text NOT NULL,
    level text,
    mode text,
    normalize boolean,
    policy text,
    PRIMARY KEY (context, subject)
  );
  ALTER TABLE throughline_registry.settings ADD COLUMN IF NOT EXISTS policy text;`;

/** A registry in a PostgreSQL database, in a schema of its own, for a team: as many processes on as many machines as open it. */
export async function openPostgresRegistryStore(url: string): Promise<RegistryStore> {
  const pool = new pg.Pool({ connectionString: url, max: 8, connectionTimeoutMillis: 15_000, allowExitOnIdle: true });
  // One that is idle and lost is replaced; without a listener it would end the process.
  pool.on("error", () => undefined);
  const store = new PostgresRegistryStore(pool);
  try {
    await store.write(async (transaction) => transaction.makeTables());
    return store;
  } catch (error) {
    await pool.end();
    throw error;
  }
}

class PostgresRegistryStore implements RegistryStore {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  read<T>(work: (transaction: RegistryTransaction) => Promise<T>): Promise<T> {
    return this.#transact(["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"], work);
  }

  write<T>(work: (transaction: PostgresTransaction) => Promise<T>): Promise<T> {
    return this.#transact(["BEGIN", lock], work);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #transact<T>(begin: readonly string[], work: (transaction: PostgresTransaction) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let isUsable = false;
    const lost = (): void => undefined;
    client.on("error", lost);
    try {
      for (const statement of begin) await client.query(statement);
      const result = await work(new PostgresTransaction(client));
      await client.query("COMMIT");
      isUsable = true;
      return result;
    } catch (error) {
      isUsable = await client.query("ROLLBACK").then(
        () => true,
        () => false,
      );
      throw error;
    } finally {
      client.off("error", lost);
      client.release(!isUsable);
    }
  }
}

interface VersionRow {
  readonly context: string;
  readonly subject: string;
  readonly version: number;
  readonly schema_id: number;
  readonly is_deleted: boolean;
}

interface SchemaRow {
  readonly context: string;
  readonly id: number;
  readonly type: string;
  readonly text: string;
  readonly refs: SchemaReference[];
  readonly metadata: unknown;
  readonly rule_set: unknown;
}

class PostgresTransaction implements RegistryTransaction {
  readonly #client: pg.PoolClient;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  async makeTables(): Promise<void> {
    await this.#client.query(tables);
  }

  async schemaById(context: string, id: number): Promise<StoredSchema | null> {
    return this.#schema("WHERE context = $1 AND id = $2", context, id);
  }

  async schemaByIdentity(context: string, identity: string): Promise<StoredSchema | null> {
    return this.#schema("WHERE context = $1 AND identity = $2", context, identity);
  }

  async addSchema(context: string, identity: string, schema: RegisteredSchema, given: number | null): Promise<number> {
    const id = given ?? (await this.lastId(context)) + 1;
    const { type, text, references, metadata, ruleSet } = schema;
    const parts = [references, metadata ?? null, ruleSet ?? null].map((each) => JSON.stringify(each));
    await this.#run("INSERT INTO throughline_registry.schemas VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", [
      context,
      id,
      identity,
      type,
      text,
      ...parts,
    ]);
    await this.#run(
      `INSERT INTO throughline_registry.contexts AS c VALUES ($1, $2)
       ON CONFLICT (context) DO UPDATE SET last_id = greatest(c.last_id, excluded.last_id)`,
      [context, id],
    );
    return id;
  }

  async lastId(context: string): Promise<number> {
    const sql = "SELECT last_id FROM throughline_registry.contexts WHERE context = $1";
    return (await this.#rows<{ last_id: number }>(sql, [context]))[0]?.last_id ?? 0;
  }

  versions({ context, name }: SubjectName): Promise<StoredVersion[]> {
    return this.#versions("WHERE context = $1 AND subject = $2", context, name);
  }

  versionsOfSchema(context: string, id: number): Promise<StoredVersion[]> {
    return this.#versions("WHERE context = $1 AND schema_id = $2", context, id);
  }

  allVersions(context: string | null, prefix: string): Promise<StoredVersion[]> {
    return this.#versions("WHERE ($1::text IS NULL OR context = $1) AND starts_with(subject, $2)", context, prefix);
  }

  async addVersion({ subject, version, schemaId }: Omit<StoredVersion, "isDeleted">): Promise<void> {
    await this.#run("INSERT INTO throughline_registry.versions VALUES ($1, $2, $3, $4, false)", [
      subject.context,
      subject.name,
      version,
      schemaId,
    ]);
  }

  async setDeleted({ context, name }: SubjectName, version: number, isDeleted: boolean): Promise<void> {
    await this.#run(
      "UPDATE throughline_registry.versions SET is_deleted = $4 WHERE context = $1 AND subject = $2 AND version = $3",
      [context, name, version, isDeleted],
    );
  }

  async removeVersion({ context, name }: SubjectName, version: number): Promise<void> {
    await this.#run("DELETE FROM throughline_registry.versions WHERE context = $1 AND subject = $2 AND version = $3", [
      context,
      name,
      version,
    ]);
  }

  referrers({ context, name }: SubjectName, version: number): Promise<StoredVersion[]> {
    return this.#versions(
      `WHERE EXISTS (
         SELECT 1 FROM throughline_registry.schemas AS s, jsonb_array_elements(s.refs) AS r
         WHERE s.context = v.context AND s.id = v.schema_id AND s.context = $1
           AND (r ->> 'version')::int = $3 AND r ->> 'subject' IN ($2, ':' || $1 || ':' || $2))`,
      context,
      name,
      version,
    );
  }

  async settings({ context, name }: SubjectName): Promise<Settings> {
    const [row] = await this.#rows<Settings & pg.QueryResultRow>(
      "SELECT level, policy, mode, normalize FROM throughline_registry.settings WHERE context = $1 AND subject = $2",
      [context, name],
    );
    return row ?? { level: null, policy: null, mode: null, normalize: null };
  }

  async changeSettings(subject: SubjectName, change: Partial<Settings>): Promise<void> {
    const { level, policy, mode, normalize } = { ...(await this.settings(subject)), ...change };
    await this.#run(
      `INSERT INTO throughline_registry.settings (context, subject, level, policy, mode, normalize) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (context, subject) DO UPDATE
       SET level = excluded.level, policy = excluded.policy, mode = excluded.mode, normalize = excluded.normalize`,
      [subject.context, subject.name, level, policy, mode, normalize],
    );
  }

  async contexts(): Promise<string[]> {
    const rows = await this.#rows<{ context: string }>("SELECT context FROM throughline_registry.contexts ORDER BY context", []);
    return rows.map(({ context }) => context);
  }

  async #schema(where: string, ...values: unknown[]): Promise<StoredSchema | null> {
    const [row] = await this.#rows<SchemaRow>(`SELECT * FROM throughline_registry.schemas ${where}`, values);
    if (row === undefined) return null;
    const { context, id, type, text, refs: references, metadata, rule_set: ruleSet } = row;
    return { context, id, type, text, references, metadata, ruleSet };
  }

  /** In the order of bytes, as SQLite has it. */
  async #versions(where: string, ...values: unknown[]): Promise<StoredVersion[]> {
    const rows = await this.#rows<VersionRow>(
      `SELECT v.* FROM throughline_registry.versions AS v ${where} ORDER BY context COLLATE "C", subject COLLATE "C", version`,
      values,
    );
    return rows.map(({ context, subject, version, schema_id, is_deleted }) => ({
      subject: { context, name: subject },
      version,
      schemaId: schema_id,
      isDeleted: is_deleted,
    }));
  }

  async #rows<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[]): Promise<Row[]> {
    return (await this.#client.query<Row>(sql, [...values])).rows;
  }

  async #run(sql: string, values: readonly unknown[]): Promise<void> {
    await this.#client.query(sql, [...values]);
  }
}
