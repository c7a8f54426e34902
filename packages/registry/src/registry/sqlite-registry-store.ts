import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import type { CompatibilityLevel, CompatibilityPolicy } from "../compatibility/check-compatibility.ts";
import type {
  Mode,
  RegisteredSchema,
  RegistryStore,
  RegistryTransaction,
  SchemaReference,
  Settings,
  StoredSchema,
  StoredVersion,
} from "./registry-store.ts";
import type { SubjectName } from "./subject-name.ts";

const tables = `
  CREATE TABLE IF NOT EXISTS contexts (context TEXT PRIMARY KEY, last_id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS schemas (
    context TEXT NOT NULL,
    id INTEGER NOT NULL,
    identity TEXT NOT NULL,
    type TEXT NOT NULL,
    text TEXT NOT NULL,
    refs TEXT NOT NULL,
    metadata TEXT NOT NULL,
    rule_set TEXT NOT NULL,
    PRIMARY KEY (context, id),
    UNIQUE (context, identity)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS versions (
    context TEXT NOT NULL,
    subject TEXT NOT NULL,
    version INTEGER NOT NULL,
    schema_id INTEGER NOT NULL,
    is_deleted INTEGER NOT NULL,
    PRIMARY KEY (context, subject, version)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS versions_by_schema ON versions (context, schema_id);
  CREATE TABLE IF NOT EXISTS settings (
    context TEXT NOT NULL,
    subject TEXT NOT NULL,
    level TEXT,
    mode TEXT,
    normalize INTEGER,
    policy TEXT,
    PRIMARY KEY (context, subject)
  ) STRICT, WITHOUT ROWID;`;

const patienceMs = 15_000;
const isBusy = (error: unknown): boolean => [5, 6].includes((error as { errcode?: number }).errcode ?? 0);

/**
 * A registry in a file, shared by as many processes as open it. Each commit is on the disk before it is answered.
 * @param path Of a file, which is made; `:memory:` for one that ends with the process.
 */
export async function openSqliteRegistryStore(path: string): Promise<RegistryStore> {
  if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    await patiently(() => db.exec("PRAGMA journal_mode = WAL"));
    db.exec("PRAGMA synchronous = FULL");
    await patiently(
      () => {
        db.exec(`BEGIN IMMEDIATE; ${tables}`);
        if (db.prepare("SELECT 1 FROM pragma_table_info('settings') WHERE name = 'policy'").get() === undefined)
          db.exec("ALTER TABLE settings ADD COLUMN policy TEXT");
        db.exec("COMMIT");
      },
      () => rollBack(db),
    );
    return new SqliteRegistryStore(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

class SqliteRegistryStore implements RegistryStore {
  readonly #db: DatabaseSync;
  /** One connection, one transaction at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  read<T>(work: (transaction: RegistryTransaction) => Promise<T>): Promise<T> {
    return this.#inTurn("BEGIN", work);
  }

  write<T>(work: (transaction: RegistryTransaction) => Promise<T>): Promise<T> {
    return this.#inTurn("BEGIN IMMEDIATE", work);
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    this.#db.close();
  }

  #inTurn<T>(begin: string, work: (transaction: RegistryTransaction) => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#transact(begin, work));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #transact<T>(begin: string, work: (transaction: RegistryTransaction) => Promise<T>): Promise<T> {
    await patiently(() => this.#db.exec(begin));
    try {
      const result = await work(new SqliteTransaction(this.#db));
      await patiently(() => this.#db.exec("COMMIT"));
      return result;
    } catch (error) {
      rollBack(this.#db);
      throw error;
    }
  }
}

type Row = Record<string, SQLOutputValue>;

class SqliteTransaction implements RegistryTransaction {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  async schemaById(context: string, id: number): Promise<StoredSchema | null> {
    return schemaOf(this.#one("SELECT * FROM schemas WHERE context = ? AND id = ?", context, id));
  }

  async schemaByIdentity(context: string, identity: string): Promise<StoredSchema | null> {
    return schemaOf(this.#one("SELECT * FROM schemas WHERE context = ? AND identity = ?", context, identity));
  }

  async addSchema(context: string, identity: string, schema: RegisteredSchema, given: number | null): Promise<number> {
    const id = given ?? (await this.lastId(context)) + 1;
    const { type, text, references, metadata, ruleSet } = schema;
    const parts = [references, metadata ?? null, ruleSet ?? null].map((each) => JSON.stringify(each));
    this.#run("INSERT INTO schemas VALUES (?, ?, ?, ?, ?, ?, ?, ?)", context, id, identity, type, text, ...parts);
    this.#run("INSERT INTO contexts VALUES (?1, ?2) ON CONFLICT (context) DO UPDATE SET last_id = max(last_id, ?2)", context, id);
    return id;
  }

  async lastId(context: string): Promise<number> {
    return Number(this.#one("SELECT last_id FROM contexts WHERE context = ?", context)?.["last_id"] ?? 0);
  }

  async versions({ context, name }: SubjectName): Promise<StoredVersion[]> {
    return this.#versions("WHERE context = ? AND subject = ?", context, name);
  }

  async versionsOfSchema(context: string, id: number): Promise<StoredVersion[]> {
    return this.#versions("WHERE context = ? AND schema_id = ?", context, id);
  }

  async allVersions(context: string | null, prefix: string): Promise<StoredVersion[]> {
    return this.#versions("WHERE (?1 IS NULL OR context = ?1) AND substr(subject, 1, length(?2)) = ?2", context, prefix);
  }

  async addVersion({ subject, version, schemaId }: Omit<StoredVersion, "isDeleted">): Promise<void> {
    this.#run("INSERT INTO versions VALUES (?, ?, ?, ?, 0)", subject.context, subject.name, version, schemaId);
  }

  async setDeleted({ context, name }: SubjectName, version: number, isDeleted: boolean): Promise<void> {
    this.#run(
      "UPDATE versions SET is_deleted = ? WHERE context = ? AND subject = ? AND version = ?",
      Number(isDeleted),
      context,
      name,
      version,
    );
  }

  async removeVersion({ context, name }: SubjectName, version: number): Promise<void> {
    this.#run("DELETE FROM versions WHERE context = ? AND subject = ? AND version = ?", context, name, version);
  }

  async referrers({ context, name }: SubjectName, version: number): Promise<StoredVersion[]> {
    return this.#versions(
      `WHERE EXISTS (
         SELECT 1 FROM schemas AS s, json_each(s.refs) AS r
         WHERE s.context = versions.context AND s.id = versions.schema_id AND s.context = ?1
           AND r.value ->> 'version' = ?3 AND r.value ->> 'subject' IN (?2, ':' || ?1 || ':' || ?2))`,
      context,
      name,
      version,
    );
  }

  async settings({ context, name }: SubjectName): Promise<Settings> {
    const row = this.#one("SELECT * FROM settings WHERE context = ? AND subject = ?", context, name);
    const normalize = row?.["normalize"] ?? null;
    return {
      level: (row?.["level"] ?? null) as CompatibilityLevel | null,
      policy: (row?.["policy"] ?? null) as CompatibilityPolicy | null,
      mode: (row?.["mode"] ?? null) as Mode | null,
      normalize: normalize === null ? null : normalize === 1,
    };
  }

  async changeSettings(subject: SubjectName, change: Partial<Settings>): Promise<void> {
    const { level, policy, mode, normalize } = { ...(await this.settings(subject)), ...change };
    this.#run(
      "INSERT OR REPLACE INTO settings (context, subject, level, policy, mode, normalize) VALUES (?, ?, ?, ?, ?, ?)",
      subject.context,
      subject.name,
      level,
      policy,
      mode,
      normalize === null ? null : Number(normalize),
    );
  }

  async contexts(): Promise<string[]> {
    return this.#all("SELECT context FROM contexts ORDER BY context").map((row) => textOf(row, "context"));
  }

  #versions(where: string, ...values: SQLInputValue[]): StoredVersion[] {
    const rows = this.#all(`SELECT * FROM versions ${where} ORDER BY context, subject, version`, ...values);
    return rows.map((row) => ({
      subject: { context: textOf(row, "context"), name: textOf(row, "subject") },
      version: Number(row["version"]),
      schemaId: Number(row["schema_id"]),
      isDeleted: row["is_deleted"] === 1,
    }));
  }

  #one(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#db.prepare(sql).get(...values);
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#db.prepare(sql).all(...values);
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#db.prepare(sql).run(...values);
  }
}

function schemaOf(row: Row | undefined): StoredSchema | null {
  if (row === undefined) return null;
  return {
    context: textOf(row, "context"),
    id: Number(row["id"]),
    type: textOf(row, "type"),
    text: textOf(row, "text"),
    references: JSON.parse(textOf(row, "refs")) as SchemaReference[],
    metadata: JSON.parse(textOf(row, "metadata")) as unknown,
    ruleSet: JSON.parse(textOf(row, "rule_set")) as unknown,
  };
}

function textOf(row: Row, column: string): string {
  const value = row[column];
  return typeof value === "string" ? value : "";
}

function rollBack(db: DatabaseSync): void {
  if (db.isTransaction) db.exec("ROLLBACK");
}

/** Waits for another process's lock with timers, so that others are answered meanwhile. */
async function patiently(attempt: () => void, undo: () => void = () => undefined): Promise<void> {
  const endsAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      undo();
      if (!isBusy(error) || performance.now() > endsAt) throw error;
      await delay(1 + Math.random() * 10);
    }
  }
}
