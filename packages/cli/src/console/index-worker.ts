// Keeps the control plane's index in step with the log, in a thread of its own: SQLite's writes would hold up the server's answers.
import { parentPort, workerData } from "node:worker_threads";
import { createIndexer, openPostgresIndex, openSqliteIndex, type RetentionLimits } from "@throughline/control";
import { eventLogFromUrl } from "../adapters.ts";

export interface IndexWork {
  readonly eventsUrl: string;
  readonly topicPrefix: string | null;
  readonly indexFile: string;
  /** `postgres://…`, instead of the file. */
  readonly database: string | null;
  readonly retention: Partial<RetentionLimits>;
}

const { eventsUrl, topicPrefix, indexFile, database, retention } = workerData as IndexWork;
const port = parentPort!;

const log = await eventLogFromUrl(eventsUrl, topicPrefix === null ? {} : { topicPrefix });
const store = await (database === null ? openSqliteIndex(indexFile) : openPostgresIndex(database));
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread of this process has no origin
const indexer = createIndexer({ log, store, retention, onTrouble: ({ message }) => port.postMessage({ trouble: message }) });
indexer.start();

port.once("message", () => void end());

/** What runs ends after its transaction. */
async function end(): Promise<void> {
  await indexer.close();
  await store.close();
  await log.close();
  port.close();
}
