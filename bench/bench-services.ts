import pg from "pg";
import { type RunningKafka, startKafka } from "../scripts/services/kafka.ts";
import { type PostgresServer, startPostgres } from "../scripts/services/postgres.ts";
import kafkaJars from "../scripts/services/kafka-jars.json" with { type: "json" };

/** Durable as they come; the write-ahead log has room, so that no checkpoint falls into one measurement and not into another. */
const postgresSettings = { max_wal_size: "16GB", checkpoint_timeout: "1h", shared_buffers: "512MB" };

/** One broker and one database server for the whole run, each started by the first row that asks. */
export class BenchServices {
  #kafka: Promise<RunningKafka> | undefined;
  #postgres: Promise<PostgresServer> | undefined;
  #databases = 0;
  readonly #once = new Map<string, Promise<unknown>>();

  kafka(): Promise<RunningKafka> {
    this.#kafka ??= startKafka({ heapMb: 512 });
    return this.#kafka;
  }

  postgres(): Promise<PostgresServer> {
    this.#postgres ??= startPostgres({ settings: postgresSettings });
    return this.#postgres;
  }

  /** What is prepared once for all rows, such as a topic full of events. */
  once<T>(name: string, prepare: () => Promise<T>): Promise<T> {
    const prepared = (this.#once.get(name) ?? prepare()) as Promise<T>;
    this.#once.set(name, prepared);
    return prepared;
  }

  /** An empty database, which is dropped by `close`. What the server still had to write is written before. */
  async database(): Promise<BenchDatabase> {
    const server = await this.postgres();
    this.#databases += 1;
    const name = `bench_${this.#databases}`;
    const admin = new pg.Client({ connectionString: server.url() });
    await admin.connect();
    await admin.query(`CREATE DATABASE ${name}`);
    await admin.query("CHECKPOINT");
    await admin.end();
    return new BenchDatabase(server, name);
  }

  /** The versions of what was started. */
  async versions(): Promise<string[]> {
    const versions: string[] = [];
    if (this.#kafka !== undefined) versions.push(`Kafka ${kafkaVersion()}, 1 broker`);
    if (this.#postgres !== undefined) {
      const client = new pg.Client({ connectionString: (await this.#postgres).url() });
      await client.connect();
      const { rows } = await client.query<{ server_version: string; synchronous_commit: string }>(
        "SELECT current_setting('server_version') AS server_version, current_setting('synchronous_commit') AS synchronous_commit",
      );
      await client.end();
      const settings = Object.entries(postgresSettings).map(([key, value]) => `${key} ${value}`);
      versions.push(
        `PostgreSQL ${rows[0]?.server_version}, synchronous_commit ${rows[0]?.synchronous_commit}, ${settings.join(", ")}`,
      );
    }
    return versions;
  }

  async close(): Promise<void> {
    const [kafka, postgres] = await Promise.all([this.#kafka, this.#postgres]);
    await Promise.all([kafka?.close(), postgres?.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A database of one measurement. */
export class BenchDatabase {
  readonly #server: PostgresServer;
  readonly name: string;

  constructor(server: PostgresServer, name: string) {
    this.#server = server;
    this.name = name;
  }

  get url(): string {
    return this.#server.url(this.name);
  }

  /** A connection that whoever asked for it ends. */
  async connect(options: { pipeline?: boolean } = {}): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url, ...options });
    await client.connect();
    return client;
  }

  /** Runs statements on a connection of their own, and answers with the rows of the last one. */
  async query(text: string): Promise<Record<string, unknown>[]> {
    const client = await this.connect();
    try {
      const result = await client.query<Record<string, unknown>>(text);
      return (Array.isArray(result) ? (result.at(-1) as typeof result) : result).rows;
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    const admin = new pg.Client({ connectionString: this.#server.url() });
    await admin.connect();
    await admin.query(`DROP DATABASE ${this.name} WITH (FORCE)`);
    await admin.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function kafkaVersion(): string {
  const server = Object.keys(kafkaJars).find((name) => name.startsWith("org.apache.kafka:kafka_"));
  return server?.split(":").at(-1) ?? "unknown";
}
