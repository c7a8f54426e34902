import { existsSync } from "node:fs";
import { migratePostgresStore, postgres, postgresStoreName, postgresStoreOwner, postgresStoreSql } from "@throughline/postgres";
import { migrateSqliteStore, openSqliteLog, sqlite, sqliteStoreOwner, sqliteStoreSql } from "@throughline/sqlite";
import { systemSurroundings } from "throughline";
import type { EventLog, SchemaRegistry } from "throughline/seams";
import type { ConsolePlace, LogOptions, OpenedStore, RegistryPlace, StoreTools } from "./cli-context.ts";
import { cliError, listenError } from "./cli-errors.ts";
import { defaultEventsUrl, withoutSecret } from "./events-url.ts";

/** The file that a `sqlite:` URL names. */
export const sqliteFile = (url: string): string => url.replace(/^sqlite:(\/\/)?/, "");

/**
 * Opens the event log that a URL names. This file is the one place that knows which adapters exist.
 * Never creates one: a mistyped path would otherwise look like a log on which nothing ever failed.
 */
export async function eventLogFromUrl(url: string, { topicPrefix }: LogOptions = {}): Promise<EventLog> {
  if (url.startsWith("sqlite:")) {
    const file = sqliteFile(url);
    if (!existsSync(file)) throw cliError("CLI_LOG_MISSING", { file });
    return openSqliteLog(url);
  }
  if (url.startsWith("kafka:")) {
    // Loaded when it is needed: most commands on a laptop never do.
    const { openKafkaLog } = await import("@throughline/kafka");
    return openKafkaLog(topicPrefix === undefined ? url : { url, topics: { prefix: topicPrefix } });
  }
  throw cliError("CLI_EVENTS_URL", { url, known: `sqlite:<file> (default ${defaultEventsUrl}), or kafka://host:9092,host:9092` });
}

/** Loaded when it is needed, with the server that it brings along. */
export async function registryAt(place: RegistryPlace): Promise<AsyncDisposable & { readonly url: string }> {
  const { startRegistry } = await import("@throughline/registry");
  try {
    return await startRegistry(place);
  } catch (error) {
    throw listenError(error, place);
  }
}

/** Loaded when it is needed, with the server that it brings along. */
export async function consoleAt(place: ConsolePlace): Promise<AsyncDisposable & { readonly url: string }> {
  const { startConsole } = await import("./console/start-console.ts");
  return startConsole(place);
}

/** Throws `REGISTRY_ADDRESS_INVALID` and `REGISTRY_CREDENTIALS_INVALID`. */
export async function registryFromUrl(
  url: string | undefined,
  options: { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal },
): Promise<SchemaRegistry> {
  const { openSchemaRegistry } = await import("@throughline/registry");
  return openSchemaRegistry({ ...options, url });
}

/** What the command line does with stores, by their URLs. Never makes one. */
export const storesByUrl: StoreTools = {
  open: (url) => (isPostgres(url) ? postgresStores : sqliteStores).open(url),
  migrate: (url, nowMs) => (isPostgres(url) ? postgresStores : sqliteStores).migrate(url, nowMs),
  sql: (url, after) => (isPostgres(url) ? postgresStores : sqliteStores).sql(url, after),
};

const isPostgres = (url: string): boolean => /^postgres(?:ql)?:/.test(url);

/** No message of theirs holds the URL, which may have a password in it. */
const postgresStores: StoreTools = {
  async open(url) {
    const service = await postgresStoreOwner(url);
    if (service === null) throw cliError("CLI_STORE_UNCLAIMED", { store: postgresStoreName(url) });
    const store = postgres({ url, migrate: false, maxConnections: 2 });
    await store.open({ service, surroundings: systemSurroundings });
    return { store, service } satisfies OpenedStore;
  },
  migrate: (url, nowMs) => migratePostgresStore(url, { nowMs }),
  sql: (url, after) => postgresStoreSql({ after, url }),
};

const sqliteStores: StoreTools = {
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
  if (!url.startsWith("sqlite:")) throw cliError("CLI_STORE_URL", { url: withoutSecret(url) });
  return url;
}
