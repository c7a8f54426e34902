import { appendFile, cp, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { SqliteStore, SqliteTx } from "@throughline/sqlite";
import { createService, type EventLog, type Service } from "throughline";
import { type Bring, rejection } from "./case.ts";
import { readOnly } from "./disks.ts";
import { billingService, billingStoreIn, openLogIn, ordersStoreIn, placeOrder, quick, temporaryFolder } from "./shop.ts";
import { until } from "./until.ts";

/** The files of services that ran, and are stopped. */
export interface Place {
  readonly folder: string;
  readonly logFile: string;
  readonly storeFile: string;
  /** For billing: neither is open. */
  readonly parts: { readonly eventLog: () => Promise<EventLog>; readonly store: SqliteStore };
}

type Undo = () => Promise<unknown>;
const nothing: Undo = () => Promise.resolve();

/**
 * Billing has handled an event and is stopped; then `attempt` starts something that must be refused. When that is undone,
 * billing goes on where it stood. Rejects with what `attempt` was refused with.
 */
export function attempting(
  attempt: (place: Place) => Promise<unknown>,
  spoil: (place: Place) => Promise<Undo> = () => Promise.resolve(nothing),
): Bring {
  return async () => {
    const folder = await temporaryFolder();
    const place = (): Place => ({
      folder,
      logFile: join(folder, "events.db"),
      storeFile: join(folder, "billing.db"),
      parts: { eventLog: openLogIn(folder), store: billingStoreIn(folder) },
    });
    try {
      await handleOneMore(folder, 1);
      const undo = await spoil(place());
      let refusal: unknown;
      try {
        refusal = await rejection(attempt(place()));
      } finally {
        await undo();
      }
      await handleOneMore(folder, 2);
      throw refusal;
    } finally {
      await rm(folder, { recursive: true });
    }
  };
}

/** A service that is wrongly made is started. */
export const starting = (make: (place: Place) => Service<SqliteTx> | Service<never>): Bring =>
  attempting(async (place) => make(place).start());

/** Billing is started after something was done to its files; `spoil` answers with what takes it back. */
export const startingAfter = (spoil: (place: Place) => Promise<Undo>): Bring =>
  attempting(({ parts }) => billingService(parts).start(), spoil);

async function handleOneMore(folder: string, n: number): Promise<void> {
  const store = ordersStoreIn(folder);
  const orders = createService({ ...quick, name: "orders", eventLog: openLogIn(folder), store });
  const billingStore = billingStoreIn(folder);
  const billing = billingService({ eventLog: openLogIn(folder), store: billingStore });
  await using _orders = await orders.start();
  await placeOrder(orders, store, `order-${n}`);
  await using _billing = await billing.start();
  await until(`billing has handled ${n} events`, async () => (await billingStore.all("SELECT 1 FROM noted")).length === n);
}

/** The file holds something else for a while. */
export const replaced =
  (file: (place: Place) => string, spoil: (path: string) => Promise<unknown>) =>
  async (place: Place): Promise<Undo> => {
    const path = file(place);
    await cp(path, `${path}.kept`);
    await spoil(path);
    return async () => {
      for (const left of [path, `${path}-wal`, `${path}-shm`]) await rm(left, { force: true });
      await cp(`${path}.kept`, path);
    };
  };

/** A statement of somebody else's runs in a database, and another one takes it back. */
export const altered =
  (file: (place: Place) => string, sql: string) =>
  (place: Place): Promise<Undo> =>
    replaced(file, async (path) => {
      const db = new DatabaseSync(path);
      db.exec(sql);
      db.close();
    })(place);

export const unwritable =
  (path: (place: Place) => string) =>
  (place: Place): Promise<Undo> =>
    readOnly(path(place));

export const notADatabase = (path: string): Promise<void> =>
  writeFile(path, "This is a text that somebody wrote here. ".repeat(500));

/** The first page is there, and the rest is noise. */
export async function damaged(path: string): Promise<void> {
  const db = new DatabaseSync(path);
  const { page_size: pageBytes } = db.prepare("PRAGMA page_size").get() as { page_size: number };
  const { page_count: pages } = db.prepare("PRAGMA page_count").get() as { page_count: number };
  db.close();
  await truncate(path, pageBytes);
  await appendFile(path, Buffer.alloc(pageBytes * (pages - 1), "noise"));
}
