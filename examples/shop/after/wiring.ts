// The one place that chooses where the shop's events and data live.
//   THROUGHLINE_EVENTS   the event log, for all services     (sqlite:./data/events.db, or kafka://host:9092,host:9092)
//   THROUGHLINE_STORE    each service's own store; "{service}" stands for its name     (sqlite:./data/{service}.db, or postgres://user:password@host/{service})
//   SHOP_<NAME>_PROBES_PORT   where a service answers /livez, /readyz and /metrics, on 127.0.0.1  (any free port; its log tells)
import { openSqliteLog, sqlite } from "@throughline/sqlite";
import type { EventLog } from "throughline";
import { postgresShopStore } from "./postgres-shop-store.ts";
import type { ShopStore } from "./shop-store.ts";

/**
 * Short, so that one can watch an event being retried and given up. The default (1 s, 10 s, 60 s) is right for production:
 * it outlives the restart of whatever an event failed on.
 */
export const retryDelaysMs = [500, 1_000, 2_000];

export async function openEventLog(): Promise<EventLog> {
  const url = process.env.THROUGHLINE_EVENTS ?? "sqlite:./data/events.db";
  if (url.startsWith("sqlite:")) return openSqliteLog(url);
  if (url.startsWith("kafka:")) {
    // Its client takes longer to load than all the rest of a service.
    const { openKafkaLog } = await import("@throughline/kafka");
    return openKafkaLog(url);
  }
  throw new Error(`THROUGHLINE_EVENTS is "${url}"; give sqlite:<file>, or kafka://host:9092,host:9092`);
}

export function openStore(service: string, tables: string): ShopStore {
  const url = (process.env.THROUGHLINE_STORE ?? "sqlite:./data/{service}.db").replace("{service}", service);
  if (url.startsWith("sqlite:")) return sqlite({ file: url.slice("sqlite:".length), tables });
  if (url.startsWith("postgres:")) return postgresShopStore(url, tables);
  throw new Error(
    "THROUGHLINE_STORE must be sqlite:<file> or postgres://user:password@host/database, with {service} in its name",
  );
}

/** What every service of the shop has in common. */
export function shopService({ name, owner, tables }: { name: string; owner: string; tables: string }) {
  const version = process.env.SHOP_VERSION ?? "1.0.0";
  return {
    name,
    owner,
    version,
    from: "earliest",
    retryDelaysMs,
    eventLog: openEventLog,
    // What the teams agreed on; "npm run throughline -- contracts push examples/shop/after" writes it.
    contractsLock: new URL("contracts.lock.json", import.meta.url),
    store: openStore(name, tables),
    // The console shows them beside the flow of the order that they are about.
    log: { ship: true },
    probes: { port: Number(process.env[`SHOP_${name.toUpperCase()}_PROBES_PORT`] ?? 0) },
  } as const;
}
