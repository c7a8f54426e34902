import { join } from "node:path";
import { openSqliteLog, sqlite, type SqliteStore, type SqliteTx } from "@throughline/sqlite";
import { createMemoryStore, createService, defineEvent, encodeEvent, PermanentError, withSequence } from "throughline";
import type { EventLog } from "throughline/seams";

export const groups = Array.from({ length: 12 }, (_, n) => (n === 0 ? "billing" : `group-${n}`));
export const failing = "billing";
export const handler = "create-invoice";
/** Events of one subject. */
export const eachSubject = 20;

const OrderChanged = defineEvent<"order.changed", { order_id: string; change: number }>("order.changed", {
  version: 1,
  subject: "order_id",
  data: {
    type: "object",
    properties: { order_id: { type: "string" }, change: { type: "integer" } },
    required: ["order_id", "change"],
  },
});

export interface TwelveGroups {
  readonly log: EventLog;
  /** Runs of each group's handler that did not fail; a run whose transaction is run again counts twice. */
  readonly handled: ReadonlyMap<string, number>;
  mend(): void;
  /** What the failing group's handler wrote in the transactions that handled its events, in the order of their commits. */
  effects(): Promise<{ readonly subject: string; readonly change: number }[]>;
  close(): Promise<void>;
}

/** Twelve consumer groups that read the same orders; one of them fails on each, at once and for good, until it is mended. */
export async function startTwelveGroups(folder: string): Promise<TwelveGroups> {
  const log = await openSqliteLog({ path: join(folder, "events.db"), defaultPartitions: 4 });
  await log.createTopics([{ name: "order", partitions: 4 }]);
  const handled = new Map<string, number>(groups.map((group) => [group, 0]));
  let isMended = false;
  const store = sqlite({ file: join(folder, "billing.db"), tables: effectsTable });
  const services = groups.map((name) => {
    const options = { name, eventLog: log, from: "earliest", log: { silent: true } } as const;
    const count = (): void => void handled.set(name, handled.get(name)! + 1);
    if (name !== failing) {
      const service = createService({ ...options, store: createMemoryStore() });
      service.on(OrderChanged, handler, count);
      return service;
    }
    const service = createService<SqliteTx>({ ...options, store });
    const invoice = ({ data }: { data: { order_id: string; change: number } }, ctx: { tx: SqliteTx }): void => {
      if (!isMended) throw new PermanentError(`no rate for change ${data.change} of ${data.order_id}`);
      ctx.tx.run("INSERT INTO invoices (subject, change) VALUES (?, ?)", data.order_id, data.change);
      count();
    };
    service.on(OrderChanged, handler, invoice, { afterDeadLetter: "continue", retryDelaysMs: [] });
    return service;
  });
  const running = await Promise.all(services.map((service) => service.start()));
  return {
    log,
    handled,
    mend: () => (isMended = true),
    effects: () => effectsIn(store),
    close: async () => {
      await Promise.all(running.map((one) => one.close()));
      await log.close();
    },
  };
}

const effectsTable =
  "CREATE TABLE IF NOT EXISTS invoices (no INTEGER PRIMARY KEY, subject TEXT NOT NULL, change INTEGER NOT NULL)";

const effectsIn = (store: SqliteStore): Promise<{ subject: string; change: number }[]> =>
  store.transaction((tx) => tx.all<{ subject: string; change: number }>("SELECT subject, change FROM invoices ORDER BY no"));

/** Writes orders as their service would: each subject's changes numbered from 1, and interleaved with those of others. */
export async function publishOrders(log: EventLog, events: number): Promise<void> {
  const subjects = Math.ceil(events / eachSubject);
  const inAppend = 500;
  for (let from = 0; from < events; from += inAppend) {
    const records = Array.from({ length: Math.min(inAppend, events - from) }, (_, i) => {
      const n = from + i;
      const subject = `order-${n % subjects}`;
      const change = Math.floor(n / subjects) + 1;
      const { key, value, headers } = encodeEvent({
        id: `${subject}.${change}`,
        source: "orders",
        type: "order.changed",
        subject,
        timeMs: Date.now(),
        dataVersion: 1,
        data: { order_id: subject, change },
        correlationId: subject,
        causationId: null,
      });
      return { topic: "order", key, value, headers: withSequence(headers, change, 0) };
    });
    for (const result of await log.append(records)) if (!result.ok) throw result.error;
  }
}
