import { existsSync } from "node:fs";
import { openSqliteLog } from "@throughline/sqlite";
import type { EventLog } from "throughline/seams";
import { cliError } from "./cli-errors.ts";
import { defaultEventsUrl } from "./events-url.ts";

/** The file that a `sqlite:` URL names. */
export const sqliteFile = (url: string): string => url.replace(/^sqlite:(\/\/)?/, "");

/**
 * Opens the event log that a URL names: the one place that knows which adapters exist.
 * Never creates one: a mistyped path would otherwise look like a log on which nothing ever failed.
 */
export async function eventLogFromUrl(url: string): Promise<EventLog> {
  if (url.startsWith("sqlite:")) {
    const file = sqliteFile(url);
    if (!existsSync(file)) throw cliError("CLI_LOG_MISSING", { file });
    return openSqliteLog(url);
  }
  throw cliError("CLI_EVENTS_URL", { url, known: `sqlite:<file> (default ${defaultEventsUrl})` });
}
