import type { EventLog } from "throughline";
import type { RunningKafka } from "../../scripts/services/kafka.ts";
import type { PostgresServer } from "../../scripts/services/postgres.ts";
import type { Databases } from "./databases.ts";
import { openEventLog } from "./event-log.ts";
import { PostgresDatabases } from "./postgres-databases.ts";
import { SqliteDatabases } from "./sqlite-databases.ts";

/** Where a system's data are: log and stores in files of SQLite, or the log on Kafka and the stores on PostgreSQL. */
export interface Place {
  readonly kind: "sqlite" | "kafka";
  /** What its services run with. */
  readonly env: { readonly THROUGHLINE_EVENTS: string; readonly THROUGHLINE_STORE: string };
  openLog(): Promise<EventLog>;
  openDatabases(): Databases;
}

export function sqlitePlace(folder: string): Place {
  const events = `sqlite:${folder}/events.db`;
  return {
    kind: "sqlite",
    env: { THROUGHLINE_EVENTS: events, THROUGHLINE_STORE: `sqlite:${folder}/{service}.db` },
    openLog: () => openEventLog(events),
    openDatabases: () => new SqliteDatabases(folder),
  };
}

/** @param folder Of what is no service, such as a provider: it keeps its own file there. */
export function kafkaPlace(kafka: RunningKafka, server: PostgresServer, folder: string): Place {
  const url = server.url();
  return {
    kind: "kafka",
    env: {
      THROUGHLINE_EVENTS: kafka.url,
      THROUGHLINE_STORE: `${url}?options=${encodeURIComponent("-c search_path=")}{service}`,
    },
    openLog: () => openEventLog(kafka.url),
    openDatabases: () => new PostgresDatabases(url, new SqliteDatabases(folder)),
  };
}
