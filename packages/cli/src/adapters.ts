import { existsSync } from "node:fs";
import { migrateSqliteStore, openSqliteLog, sqlite, sqliteStoreOwner, sqliteStoreSql } from "@throughline/sqlite";
import { systemSurroundings } from "throughline";
import type { EventLog } from "throughline/seams";
import type { OpenedStore, StoreTools } from "./cli-context.ts";
import { cliError } from "./cli-errors.ts";
import { defaultEventsUrl } from "./events-url.ts";

/** The file that a `sqlite:` URL names. */
export const sqliteFile = (url: string): string => url.replace(/^sqlite:(\/\/)?/, "");

/**
 * Opens the event log that a URL names. This file is the one place that knows which adapters exist.
 * Never creates one: a mistyped path would otherwise look like a log on which nothing ever failed.
 */
export async function eventLogFromUrl(url: string): Promise<EventLog> {
  if (url.startsWith("sqlite:")) {
    const file = sqliteFile(url);
    if (!existsSync(file)) throw cliError("CLI_LOG_MISSING", { file });
    return openSqliteLog(url);
  }
  if (url.startsWith("kafka:")) {
    // Loaded when it is needed: most commands on a laptop never do.
    const { openKafkaLog } = await import("@throughline/kafka");
    return openKafkaLog(url);
  }
  throw cliError("CLI_EVENTS_URL", { url, known: `sqlite:<file> (default ${defaultEventsUrl}), or kafka://host:9092,host:9092` });
}

/** What the command line does with stores, by their URLs. Never makes one. */
export const storesByUrl: StoreTools = {
  async open(url) {
    const service = await sqliteStoreOwner(sqliteStore(url));
    if (service === null) throw cliError("CLI_STORE_UNCLAIMED", { store: url });
    const store = sqlite({ file: url, migrate: false });
    await store.open({ service, surroundings: systemSurroundings });
    return { store, service } satisfies OpenedStore;
  },
  migrate: async (url, nowMs) => migrateSqliteStore(sqliteStore(url), { nowMs }),
  sql: (url, after) => {
    sqliteStore(url);
    return sqliteStoreSql({ after });
  },
};

function sqliteStore(url: string): string {
  if (!url.startsWith("sqlite:")) throw cliError("CLI_STORE_URL", { url });
  return url;
}
