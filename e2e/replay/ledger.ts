import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { openSqliteLog, sqlite, type SqliteTx } from "@throughline/sqlite";
import { createService, defineEvent, type Service } from "throughline";
import * as z from "zod";

export const OrderPlaced = defineEvent("order.placed", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int() }),
});

/** One in ten events makes one; its epoch tells in which run. */
export const LedgerWritten = defineEvent("ledger.written", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), sequence: z.int(), epoch: z.int() }),
});

const tables = `
  CREATE TABLE IF NOT EXISTS ledger (epoch INTEGER, event_id TEXT, subject TEXT, sequence INTEGER, balance INTEGER);
  CREATE TABLE IF NOT EXISTS balances (epoch INTEGER, subject TEXT, balance INTEGER, PRIMARY KEY (epoch, subject));
  CREATE TABLE IF NOT EXISTS mails (epoch INTEGER, event_id TEXT);`;

/** What a balance becomes: it shows in which order the totals came, and how often. */
export const nextBalance = (balance: number, total: number): number => (balance * 31 + total) % 1_000_003;

export const storeFile = (folder: string): string => join(folder, "ledger.db");
export const callsFile = (folder: string): string => join(folder, "calls.txt");
export const openLog = (folder: string) => openSqliteLog(join(folder, "events.db"));

/** A handler whose rows stand apart by epoch and know no uniqueness: what is done twice shows. */
export function ledgerService(folder: string, instance: string): Service<SqliteTx> {
  const ledger = createService({
    name: "ledger",
    instance,
    eventLog: () => openLog(folder),
    store: sqlite({ file: storeFile(folder), tables }),
    from: "earliest",
    publishes: [LedgerWritten],
    retryDelaysMs: [50, 100, 200],
  });
  ledger.on(
    OrderPlaced,
    "write",
    async ({ id, subject, sequence, data }, { tx, epoch, publish }) => {
      const before = tx.get<{ balance: number }>("SELECT balance FROM balances WHERE epoch = ? AND subject = ?", epoch, subject);
      const balance = nextBalance(before?.balance ?? 0, data.total);
      tx.run("INSERT INTO ledger VALUES (?, ?, ?, ?, ?)", epoch, id, subject, sequence, balance);
      tx.run("INSERT OR REPLACE INTO balances VALUES (?, ?, ?)", epoch, subject, balance);
      if ((sequence ?? 0) % 10 === 0) await publish(LedgerWritten, { order_id: data.order_id, sequence: sequence ?? 0, epoch });
    },
    { onReset: (tx) => tx.exec("DELETE FROM ledger; DELETE FROM balances") },
  );
  ledger.on(
    OrderPlaced,
    "mail",
    {
      call: async ({ id }, { epoch }) => appendFileSync(callsFile(folder), `${epoch} ${id}\n`),
      commit: (_sent, { id }, { tx, epoch }) => void tx.run("INSERT INTO mails VALUES (?, ?)", epoch, id),
    },
    // What was sent cannot be taken back, so there is nothing to reset.
    { replay: "skip", onReset: () => undefined },
  );
  return ledger;
}
