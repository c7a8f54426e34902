import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openKafkaLog } from "@throughline/kafka";
import { openSqliteLog } from "@throughline/sqlite";
import pg from "pg";
import type { EventLog } from "throughline";
import { openPostgresDatabases, openServiceDatabases, type ServiceDatabases } from "./service-databases.ts";

/** Where a shop's events and data live. */
export interface ShopPlace {
  /** As `THROUGHLINE_EVENTS` has it. */
  readonly eventsUrl: string;
  /** As `THROUGHLINE_STORE` has it: `{service}` stands for a service's name. */
  readonly storeUrl: string;
  /** Makes what must be there before a service starts. */
  prepare(services: readonly string[]): Promise<void>;
  openLog(): Promise<EventLog>;
  openDatabases(): ServiceDatabases;
}

/** Everything in one folder, which is made anew. */
export function embeddedPlace(dataDir: string): ShopPlace {
  const eventsUrl = `sqlite:${join(dataDir, "events.db")}`;
  return {
    eventsUrl,
    storeUrl: `sqlite:${join(dataDir, "{service}.db")}`,
    async prepare() {
      rmSync(dataDir, { recursive: true, force: true });
      mkdirSync(dataDir, { recursive: true });
    },
    openLog: () => openSqliteLog(eventsUrl),
    openDatabases: () => openServiceDatabases(dataDir),
  };
}

/** Events on Kafka, and on one PostgreSQL server a database for each service; the mail provider's own file is in `dataDir`. */
export function serverPlace({
  eventsUrl,
  databaseUrl,
  dataDir,
}: {
  eventsUrl: string;
  /** Of a service's database by its name; `postgres` is there already. */
  databaseUrl: (name: string) => string;
  dataDir: string;
}): ShopPlace {
  return {
    eventsUrl,
    storeUrl: databaseUrl("{service}"),
    async prepare(services) {
      rmSync(dataDir, { recursive: true, force: true });
      mkdirSync(dataDir, { recursive: true });
      const client = new pg.Client({ connectionString: databaseUrl("postgres") });
      await client.connect();
      try {
        for (const service of services) {
          await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(service)} WITH (FORCE)`);
          await client.query(`CREATE DATABASE ${client.escapeIdentifier(service)}`);
        }
      } finally {
        await client.end();
      }
    },
    openLog: () => openKafkaLog(eventsUrl),
    openDatabases: () => openPostgresDatabases(databaseUrl, dataDir),
  };
}
