import { join } from "node:path";
import { openSqliteLog, sqlite, type SqliteStore, type SqliteTx } from "@throughline/sqlite";
import { createService, defineEvent, type Service } from "throughline";
import * as z from "zod";

export type Release = "1" | "2";

const stream = { subject: "order_id", stream: "order" } as const;

const OrderPlaced1 = defineEvent("order.placed", {
  ...stream,
  version: 1,
  data: z.object({ order_id: z.string(), total: z.int() }),
});

/** The total is in cents now, and has another name. */
const OrderPlaced2 = defineEvent("order.placed", {
  ...stream,
  version: 2,
  data: z.object({ order_id: z.string(), total_cents: z.int() }),
  upcast: {
    1: ({ total, ...rest }: { order_id: string; total: number }) => ({ ...rest, total_cents: total * 100 }),
  },
});

export const openLog = (folder: string) => openSqliteLog(join(folder, "events.db"));

export const storeFile = (folder: string, service: string): string => join(folder, `${service}.db`);

/** No uniqueness: what is done twice shows. */
const billingTables = ["bills", "statistics", "news", "audits"]
  .map(
    (table) =>
      `CREATE TABLE IF NOT EXISTS ${table} (event_id TEXT, order_id TEXT, sequence INTEGER, cents INTEGER, release TEXT);`,
  )
  .join("\n");

/** What both releases have in common. */
function billing(folder: string, release: Release, instance: string): Service<SqliteTx> {
  return createService({
    name: "billing",
    version: `${release}.0.0`,
    instance,
    eventLog: () => openLog(folder),
    store: sqlite({ file: storeFile(folder, "billing"), tables: billingTables }),
    from: "earliest",
    // Events that release 1 cannot read wait for it: a roll-back finds them.
    ...(release === "2" ? { removed: { audit: "keep" } } : {}),
  });
}

export const releases: Readonly<Record<Release, (folder: string, instance: string) => Service<SqliteTx>>> = {
  "1": (folder, instance) => {
    const service = billing(folder, "1", instance);
    for (const [name, table] of [
      ["bill", "bills"],
      ["audit", "audits"],
    ] as const)
      service.on(
        OrderPlaced1,
        name,
        ({ id, subject, sequence, data }, { tx }) =>
          void tx.run(`INSERT INTO ${table} VALUES (?, ?, ?, ?, '1')`, id, subject, sequence, data.total * 100),
      );
    return service;
  },
  // The audit is gone, "bill" has another name, and two handlers are new.
  "2": (folder, instance) => {
    const service = billing(folder, "2", instance);
    for (const [name, table, options] of [
      ["invoice", "bills", { renamedFrom: "bill" }],
      ["count", "statistics", {}],
      ["announce", "news", { from: "latest" }],
    ] as const)
      service.on(
        OrderPlaced2,
        name,
        ({ id, subject, sequence, data }, { tx }) =>
          void tx.run(`INSERT INTO ${table} VALUES (?, ?, ?, ?, '2')`, id, subject, sequence, data.total_cents),
        options,
      );
    return service;
  },
};

/** The publisher: an order every few milliseconds, each with the next number of the store, in its own transaction. */
export function ordersService(folder: string, release: Release, instance: string) {
  const store: SqliteStore = sqlite({
    file: storeFile(folder, "orders"),
    tables: "CREATE TABLE IF NOT EXISTS placed (n INTEGER PRIMARY KEY, order_id TEXT)",
  });
  const contract = release === "1" ? OrderPlaced1 : OrderPlaced2;
  const service = createService({
    name: "orders",
    version: `${release}.0.0`,
    instance,
    eventLog: () => openLog(folder),
    store,
    publishes: [contract],
  });
  const place = (): Promise<void> =>
    store.transaction(async (tx) => {
      const { n } = tx.get<{ n: number }>("SELECT coalesce(max(n), 0) + 1 AS n FROM placed") ?? { n: 1 };
      const order_id = `o-${n % 60}`;
      tx.run("INSERT INTO placed VALUES (?, ?)", n, order_id);
      if (release === "1") await service.publish(OrderPlaced1, { order_id, total: n }, { tx });
      else await service.publish(OrderPlaced2, { order_id, total_cents: n * 100 }, { tx });
    });
  return { service, place };
}
