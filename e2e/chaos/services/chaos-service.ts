import { openKafkaLog } from "@throughline/kafka";
import { openPostgresStore } from "../../places/postgres-sql-store.ts";

const { THROUGHLINE_EVENTS: events = "", THROUGHLINE_STORE: stores = "" } = process.env;

/** What the six services have in common: short sessions, so that one that stands still is soon a zombie. */
export function chaosService(name: string, tables: string) {
  return {
    name,
    store: openPostgresStore(stores, { service: name, tables, transactionLimitMs: 4_000, maxConnections: 6 }),
    from: "earliest",
    retryDelaysMs: [50, 200, 1_000],
    eventLog: () => openKafkaLog(events),
    log: { level: "warn" },
    timings: { sessionTimeoutMs: 6_000, drainTimeoutMs: 5_000, closeTimeoutMs: 12_000 },
  } as const;
}
