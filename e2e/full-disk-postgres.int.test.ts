import assert from "node:assert/strict";
import { chown, stat } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { postgres } from "@throughline/postgres";
import pg from "pg";
import { createMemoryLog, createService, defineEvent, type MemoryLog } from "throughline";
import { type PostgresServer, startPostgres, unsynced } from "../scripts/services/postgres.ts";
import { NotPossibleHere } from "./bad-input/case.ts";
import { type SmallDisk, smallDisk } from "./bad-input/disks.ts";

const OrderPlaced = defineEvent<"order.placed", { order_id: string; note: string }>("order.placed", {
  version: 1,
  subject: "order_id",
  data: {
    type: "object",
    properties: { order_id: { type: "string" }, note: { type: "string" } },
    required: ["order_id", "note"],
  },
});
const quiet = { destination: { write: () => undefined } };
/** Told apart by their digits, for what repeats itself is compressed. */
const bulky = (n: number): string => Array.from({ length: 4_000 }, (_, i) => ((n + i) * 2_654_435_761) % 4_294_967_296).join("");

async function until(t: TestContext, what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) {
    if (t.signal.aborted) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A database whose tables stand on a small disk of their own, so that the server itself goes on when that is full. */
async function databaseOnSmallDisk(server: PostgresServer, database: string): Promise<SmallDisk> {
  const disk = await smallDisk(join(server.folder, database), 24);
  const { uid, gid } = await stat(join(server.folder, "data"));
  await chown(disk.folder, uid, gid);
  await query(server.url(), `CREATE TABLESPACE ${database} LOCATION '${disk.folder}'`);
  await query(server.url(), `CREATE DATABASE ${database} TABLESPACE ${database}`);
  return disk;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

const countIn = async (url: string, table: string): Promise<number> =>
  Number((await query(url, `SELECT count(*) AS n FROM ${table}`))[0]!["n"]);

/** Runs a test on its own server; skips it where a small disk cannot be mounted. */
function onSmallDisk(title: string, work: (t: TestContext, server: PostgresServer) => Promise<void>): void {
  test(title, { timeout: 120_000 }, async (t) => {
    const server = await startPostgres({ settings: unsynced });
    t.after(() => server.close());
    await work(t, server).catch((error: unknown) => {
      if (!(error instanceof NotPossibleHere)) throw error;
      t.skip(error.message);
    });
  });
}

const ordersOn = (log: MemoryLog, url: string) => {
  const store = postgres({ url, tables: "CREATE TABLE IF NOT EXISTS placed (order_id text PRIMARY KEY)" });
  const service = createService({
    name: "orders",
    eventLog: () => log.connect(),
    store,
    publishes: [OrderPlaced],
    log: quiet,
  });
  const place = (n: number): Promise<unknown> =>
    store.transaction(async (tx) => {
      await tx.query("INSERT INTO placed VALUES ($1)", [`order-${n}`]);
      await service.publish(OrderPlaced, { order_id: `order-${n}`, note: bulky(n) }, { tx });
    });
  return { service, place };
};

onSmallDisk(
  "a full disk under a publisher's PostgreSQL refuses the transaction, and what was accepted leaves",
  async (t, server) => {
    await using disk = await databaseOnSmallDisk(server, "orders");
    await query(server.url(), "CREATE DATABASE billing");
    const log = createMemoryLog();
    const { service, place } = ordersOn(log, server.url("orders"));
    const billing = createService({
      name: "billing",
      from: "earliest",
      eventLog: () => log.connect(),
      store: postgres({ url: server.url("billing"), tables: "CREATE TABLE IF NOT EXISTS invoices (order_id text)" }),
      log: quiet,
    });
    billing.on(OrderPlaced, "create-invoice", async ({ data }, { tx }) => {
      await tx.query("INSERT INTO invoices VALUES ($1)", [data.order_id]);
    });
    await using _orders = await service.start();
    await using _billing = await billing.start();
    await disk.fill();
    let placed = 0;
    let refusal: { code?: string; retryable?: boolean } | null = null;
    while (refusal === null)
      await place(placed).then(
        () => void placed++,
        (error: unknown) => void (refusal = error as { code?: string }),
      );
    const { code, retryable } = refusal as { code?: string; retryable?: boolean };
    assert.deepEqual({ code, retryable }, { code: "STORE_FULL", retryable: true });
    await disk.free();
    await until(t, "it publishes again", () =>
      place(placed).then(
        () => true,
        () => false,
      ),
    );
    await until(
      t,
      "every accepted order has its invoice",
      async () => (await countIn(server.url("billing"), "invoices")) > placed,
    );
    assert.equal(await countIn(server.url("orders"), "placed"), placed + 1);
    assert.equal(await countIn(server.url("billing"), "invoices"), placed + 1);
  },
);

onSmallDisk("a full disk under a consumer's PostgreSQL spends no attempt, and it goes on by itself", async (t, server) => {
  await using disk = await databaseOnSmallDisk(server, "billing");
  await query(server.url(), "CREATE DATABASE orders");
  const log = createMemoryLog();
  const lines: string[] = [];
  const { service, place } = ordersOn(log, server.url("orders"));
  const billing = createService({
    name: "billing",
    from: "earliest",
    eventLog: () => log.connect(),
    store: postgres({ url: server.url("billing"), tables: "CREATE TABLE IF NOT EXISTS invoices (order_id text, note text)" }),
    retryDelaysMs: [10, 10, 10],
    log: { destination: { write: (line: string) => void lines.push(line) } },
  });
  billing.on(OrderPlaced, "create-invoice", async ({ data }, { tx }) => {
    await tx.query("INSERT INTO invoices VALUES ($1, $2)", [data.order_id, data.note]);
  });
  await using _orders = await service.start();
  await using _billing = await billing.start();
  await disk.fill();
  let placed = 0;
  await until(t, "the store is full", async () => {
    await place(placed++);
    return lines.some((line) => line.includes("STORE_FULL"));
  });
  await disk.free();
  await until(t, "every order has its invoice", async () => (await countIn(server.url("billing"), "invoices")) >= placed);
  assert.equal(await countIn(server.url("billing"), "invoices"), placed);
  const letters = (await log.topics()).some(({ name }) => name === "billing.dlt") ? await log.offsets("billing.dlt") : [];
  assert.deepEqual(
    letters.filter(({ end }) => end > 0),
    [],
  );
});
