import { openEventLog } from "../../places/event-log.ts";
import { openSqlStore } from "../../places/sql-store.ts";

const { THROUGHLINE_EVENTS: events = "", THROUGHLINE_STORE: stores = "" } = process.env;

/** Of one that died, the group knows soon; on SQLite, at once. */
const timings = { sessionTimeoutMs: 5_000, drainTimeoutMs: 5_000, closeTimeoutMs: 12_000 };

/** What the small services have in common. `THROUGHLINE_EVENTS` and `THROUGHLINE_STORE` say where their data are. */
export function crashService(name: string, tables: string) {
  return {
    name,
    store: openSqlStore(stores, { service: name, tables, transactionLimitMs: 4_000 }),
    from: "earliest",
    retryDelaysMs: [20, 50, 100],
    eventLog: () => openEventLog(events),
    log: { level: "warn" },
    ...(events.startsWith("kafka:") ? { timings } : {}),
  } as const;
}
