import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import pg from "pg";
import { createMemoryLog, createService, decodeEvent, defineEvent, type MemoryLog, type Running } from "throughline";
import { planRecovery, recover } from "throughline/outbox";
import { type PostgresServer, startPostgres, unsynced } from "../../../scripts/services/postgres.ts";
import { postgres } from "../src/index.ts";
import { PrimaryAddress } from "./primary-address.ts";

const data = {
  type: "object",
  properties: { order_id: { type: "string" }, n: { type: "integer" } },
  required: ["order_id", "n"],
} as const;
const OrderPlaced = defineEvent<"order.placed", { order_id: string; n: number }>("order.placed", {
  version: 1,
  subject: "order_id",
  data,
});
const ordersOf = 20;
const enough = 300;

interface Shop extends AsyncDisposable {
  readonly log: MemoryLog;
  /** Lines of both services' logs. */
  readonly lines: string[];
  /** Publishes without end, as routes do: what fails is tried anew by whoever asked. */
  placed(): number;
  ordersStore(): ReturnType<typeof postgres>;
}

/** Orders and billing, whose stores are two schemas of one database, reached by the primary's address. */
async function openShop(t: TestContext, port: number): Promise<Shop> {
  const log = createMemoryLog({ defaultPartitions: 3 });
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const url = (schema: string): string => `postgres://postgres:throughline@127.0.0.1:${port}/shop?schema=${schema}`;
  const store = postgres({
    url: url("orders"),
    tables: "CREATE TABLE IF NOT EXISTS public.placed (place bigserial, event_id text PRIMARY KEY, order_id text, n integer)",
  });
  const orders = createService({
    name: "orders",
    eventLog: () => log.connect(),
    store,
    publishes: [OrderPlaced],
    log: { destination },
  });
  const billing = createService({
    name: "billing",
    from: "earliest",
    eventLog: () => log.connect(),
    store: postgres({
      url: url("billing"),
      tables: "CREATE TABLE IF NOT EXISTS public.invoices (place bigserial, event_id text, order_id text, n integer)",
    }),
    log: { destination },
  });
  billing.on(OrderPlaced, "create-invoice", async ({ id, data: { order_id, n } }, { tx }) => {
    await tx.query("INSERT INTO public.invoices (event_id, order_id, n) VALUES ($1, $2, $3)", [id, order_id, n]);
  });
  const running: Running[] = [await orders.start(), await billing.start()];

  let [n, isStopping] = [0, false];
  const placing = (async () => {
    while (!isStopping && !t.signal.aborted) {
      const order_id = `order-${n % ordersOf}`;
      try {
        await store.transaction(async (tx) => {
          const id = await orders.publish(OrderPlaced, { order_id, n: n + 1 }, { tx });
          await tx.query("INSERT INTO public.placed (event_id, order_id, n) VALUES ($1, $2, $3)", [id, order_id, n + 1]);
        });
      } catch {
        // Whether it was committed is asked of the database at the end.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      n += 1;
    }
  })();
  return {
    log,
    lines,
    placed: () => n,
    ordersStore: () => store,
    async [Symbol.asyncDispose]() {
      isStopping = true;
      await placing;
      await Promise.all(running.map((each) => each.close()));
      await log.close?.();
    },
  };
}

async function query<Row extends pg.QueryResultRow>(server: PostgresServer, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: server.url("shop") });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

interface Row {
  readonly event_id: string;
  readonly order_id: string;
  readonly n: number;
}
const placedIn = (server: PostgresServer): Promise<Row[]> =>
  query(server, "SELECT event_id, order_id, n FROM public.placed ORDER BY place");
const invoicesIn = (server: PostgresServer): Promise<Row[]> =>
  query(server, "SELECT event_id, order_id, n FROM public.invoices ORDER BY place");

async function until(t: TestContext, what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) {
    if (t.signal.aborted) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A primary with a standby behind one address, and a database for the shop. */
async function twoServers(
  t: TestContext,
): Promise<{ primary: PostgresServer; standby: PostgresServer; address: PrimaryAddress }> {
  const primary = await startPostgres({ settings: unsynced });
  t.after(() => primary.close());
  const standby = await primary.standby();
  t.after(() => standby.close());
  const admin = new pg.Client({ connectionString: primary.url() });
  await admin.connect();
  await admin.query("CREATE DATABASE shop");
  await admin.end();
  const address = await PrimaryAddress.of(primary.port);
  t.after(() => address.close());
  return { primary, standby, address };
}

async function promote(standby: PostgresServer): Promise<void> {
  const admin = new pg.Client({ connectionString: standby.url() });
  await admin.connect();
  await admin.query("SELECT pg_promote(true, 60)");
  await admin.end();
}

const byOrder = (rows: readonly Row[]): Record<string, number[]> =>
  Object.fromEntries(
    [...Map.groupBy(rows, ({ order_id }) => order_id)]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([order, of]) => [order, of.map(({ n }) => n)]),
  );

test(
  "after a failover to a synchronous standby under load, every order that was committed has its one invoice, in order",
  { timeout: 120_000 },
  async (t) => {
    const { primary, standby, address } = await twoServers(t);
    for (const sql of ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"]) await query(primary, sql);
    const sent: string[] = [];
    {
      await using shop = await openShop(t, address.port);
      await until(t, "orders are placed and invoiced", async () => (await invoicesIn(primary)).length > enough);

      await primary.kill9();
      address.moveTo(standby.port);
      await promote(standby);
      // It has no standby of its own yet, and must not wait for one.
      for (const sql of ["ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"]) await query(standby, sql);
      const before = (await placedIn(standby)).length;
      await until(t, "orders are placed on the new primary", async () => (await placedIn(standby)).length > before + enough);
      assert.deepEqual(
        shop.lines.filter((line) => line.includes("STORE_BEHIND_LOG")),
        [],
      );
      await until(t, "all have their invoice", async () => (await invoicesIn(standby)).length >= before + enough);
      const log = shop.log.connect();
      for (const { partition } of await log.offsets("order"))
        for await (const batch of log.read({ topic: "order", partition, fromOffset: 0 }))
          sent.push(...batch.map((record) => decodeEvent(record).id));
    }
    const [placed, invoices] = [await placedIn(standby), await invoicesIn(standby)];
    const committed = new Set(placed.map(({ event_id }) => event_id));
    assert.deepEqual(
      sent.filter((id) => !committed.has(id)),
      [],
      "no event of an order that is not there",
    );
    assert.equal(new Set(invoices.map(({ event_id }) => event_id)).size, invoices.length, "no invoice twice");
    const invoiced = new Set(invoices.map(({ event_id }) => event_id));
    const open = placed.filter(({ event_id }) => !invoiced.has(event_id));
    t.diagnostic(`${placed.length} orders, ${invoices.length} invoices`);
    // What was placed last may not have been handled when billing closed; it waits in the log.
    const lastOf = byOrder(placed);
    for (const { order_id, n } of open)
      assert.ok((lastOf[order_id] ?? []).indexOf(n) >= (byOrder(invoices)[order_id] ?? []).length, `order ${n} was passed over`);
    for (const [order, numbers] of Object.entries(byOrder(invoices)))
      assert.deepEqual(numbers, (lastOf[order] ?? []).slice(0, numbers.length), `${order} in commit order`);
  },
);

test(
  "after a failover to a standby that lagged, publishing stops with one clear error, and goes on in a new numbering",
  { timeout: 120_000 },
  async (t) => {
    const { primary, standby, address } = await twoServers(t);
    {
      await using shop = await openShop(t, address.port);
      await until(t, "orders are placed and invoiced", async () => (await invoicesIn(primary)).length > enough);
      // From here on the standby gets nothing: its link is down.
      await standby.stop();
      const atStop = shop.placed();
      const inLog = async (): Promise<number> =>
        (await shop.log.connect().offsets("order")).reduce((sum, { end }) => sum + end, 0);
      const sentAtStop = await inLog();
      await until(
        t,
        "more are placed and sent",
        async () => shop.placed() > atStop + enough && (await inLog()) > sentAtStop + enough,
      );

      await primary.kill9();
      await standby.start();
      address.moveTo(standby.port);
      await promote(standby);
      const behind = (): string[] =>
        shop.lines.filter((line) => line.includes("STORE_BEHIND_LOG") && line.includes('"service":"orders"'));
      await until(t, "orders says that its store is behind", () => behind().length > 0);
      const sent = await inLog();

      const log = shop.log.connect();
      const found = await planRecovery({ store: shop.ordersStore(), log, service: "orders", signal: t.signal });
      assert.notEqual(found.why, null);
      assert.equal(behind().length, 1, "one error");
      assert.equal(await inLog(), sent, "nothing is sent before somebody decides");
      await recover(shop.ordersStore(), found);
      await until(t, "publishing goes on", async () => (await inLog()) > sent + enough);
      const before = (await invoicesIn(standby)).length;
      await until(t, "billing goes on", async () => (await invoicesIn(standby)).length > before + enough / 2);
    }
    const invoices = await invoicesIn(standby);
    assert.equal(new Set(invoices.map(({ event_id }) => event_id)).size, invoices.length, "no invoice twice");
  },
);
