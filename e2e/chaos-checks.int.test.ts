import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { after, test } from "node:test";
import pg from "pg";
import { createMemoryLog, encodeEvent, type NewRecord, withSequence } from "throughline";
import { packDurations, receiptRecord, receiptsTopic } from "throughline/system-topics";
import { startPostgres, unsynced } from "../scripts/services/postgres.ts";
import { checkAllReported, checkEffects, checkMovements, checkNothingLeft } from "./chaos/checks/effects.ts";
import { checkReceipts } from "./chaos/checks/receipts.ts";
import { checkTopics } from "./chaos/checks/topics.ts";
import { PostgresDatabases } from "./places/postgres-databases.ts";
import { SqliteDatabases } from "./places/sqlite-databases.ts";

const server = await startPostgres({ settings: unsynced });
const databases = new PostgresDatabases(server.url(), new SqliteDatabases(tmpdir()));
const client = new pg.Client({ connectionString: server.url() });
await client.connect();
after(async () => {
  await client.end();
  await databases.close();
  await server.close();
});

const effects = {
  payments: "payments",
  orders: "completions",
  billing: "invoices",
  notifications: "emails",
  analytics: "metrics",
};
const columns = "(row bigint GENERATED ALWAYS AS IDENTITY, order_id text)";

/** Two orders, all of whose effects are there. */
await client.query(`
  ${[...Object.keys(effects), "inventory"].map((service) => `CREATE SCHEMA ${service};`).join("\n")}
  CREATE TABLE orders.orders (order_id text, is_flagged integer);
  INSERT INTO orders.orders VALUES ('o-1', 1), ('o-2', 0);
  ${Object.entries(effects)
    .map(
      ([service, table]) =>
        `CREATE TABLE ${service}.${table} ${columns}; INSERT INTO ${service}.${table} (order_id) VALUES ('o-1'), ('o-2');`,
    )
    .join("\n")}
  CREATE TABLE notifications.calls ${columns};
  INSERT INTO notifications.calls (order_id) VALUES ('o-1');
  CREATE TABLE inventory.movements (row bigint GENERATED ALWAYS AS IDENTITY, order_id text, kind text);
  INSERT INTO inventory.movements (order_id, kind) VALUES ('o-1', 'reserved'), ('o-2', 'reserved'), ('o-1', 'taken'), ('o-2', 'taken');
  CREATE TABLE billing.parked (id integer);
  CREATE TABLE billing.outbox (id integer);
  CREATE TABLE billing.handlers (id integer, live_epoch integer);
  INSERT INTO billing.handlers VALUES (1, 2);
  CREATE TABLE billing.cursors (handler_id integer, epoch integer, topic text, partition integer, next_offset bigint, reported_offset bigint);
  INSERT INTO billing.cursors VALUES (1, 2, 'order', 0, 8, 8), (1, 1, 'order', 0, 5, 3);
  CREATE TABLE billing.handler_names (handler_id integer, name text);
  INSERT INTO billing.handler_names VALUES (1, 'make-invoice');
  CREATE TABLE billing.inbox (handler_id integer, record_partition integer, record_offset integer, outcome integer);
  INSERT INTO billing.inbox VALUES (1, 0, 4, 0), (1, 0, 6, 0), (1, 0, 7, 1);
`);

/** What the checks of the databases find after these statements. */
async function wrongAfter(...statements: string[]): Promise<string[]> {
  for (const statement of statements) await client.query(statement);
  const checks = [
    ...(await checkEffects(databases)),
    await checkMovements(databases),
    await checkNothingLeft(databases, ["billing"]),
    await checkAllReported(databases, ["billing"]),
  ];
  return checks.flatMap(({ name, wrong }) => wrong.map((each) => `${name}: ${each}`));
}

test("what the services' databases hold is compared with the orders", async () => {
  assert.deepEqual(await wrongAfter(), []);
  const found = await wrongAfter(
    "INSERT INTO payments.payments (order_id) VALUES ('o-1')",
    "DELETE FROM billing.invoices WHERE order_id = 'o-2'",
    "INSERT INTO notifications.emails (order_id) VALUES ('o-3')",
    "INSERT INTO notifications.calls (order_id) VALUES ('o-2')",
    "UPDATE inventory.movements SET kind = CASE kind WHEN 'taken' THEN 'reserved' ELSE 'taken' END WHERE order_id = 'o-2'",
    "INSERT INTO billing.parked VALUES (1)",
    "UPDATE billing.cursors SET next_offset = 9 WHERE epoch = 2",
  );
  assert.deepEqual(found, [
    "one payment for each order: o-1 has 2",
    "one invoice for each order: o-2 has none",
    "one email for each order: o-3 was never placed",
    "one call for each flagged order: o-2 was never placed",
    "each order's events in order, in the database: o-2: taken reserved",
    "nothing parked, dead or unsent is left: billing has 1 rows in parked",
    "the stores know that all is reported: billing has 1 cursors that are not reported",
  ]);
});

test("events that are missing or out of order in the topics are found", async () => {
  const log = createMemoryLog();
  await log.createTopics([
    { name: "order", partitions: 1 },
    { name: "payment", partitions: 1 },
  ]);
  const placed = event("order.placed", "o-1", 1);
  const records = [placed, event("order.completed", "o-1", 2), placed, event("payment.taken", "o-1", 1)];
  await log.append(records);
  const wrong = async (): Promise<string[]> => (await checkTopics(log, { orders: 1, flagged: 0 })).flatMap((each) => each.wrong);
  assert.deepEqual(await wrong(), []);
  await log.append([event("order.completed", "o-2", 2), event("order.placed", "o-2", 1)]);
  assert.deepEqual(await wrong(), [
    "o-2 in order",
    "2 different order.placed instead of 1",
    "2 different order.completed instead of 1",
  ]);
});

test("what was applied and has no receipt is found", async () => {
  const log = createMemoryLog();
  await log.createTopics([{ name: receiptsTopic, partitions: 1 }]);
  const range = (from: number, durations: (number | null)[]): NewRecord =>
    receiptRecord({
      kind: "range",
      service: "billing",
      instance: "billing-a",
      version: "1",
      handler: "make-invoice",
      epoch: 1,
      topic: "order",
      partition: 0,
      from,
      to: from + durations.length,
      applied: packDurations(durations),
      atMs: 1,
    });
  await log.append([range(3, [null, 12, null, null])]);
  assert.deepEqual((await checkReceipts(log, databases, ["billing"])).wrong, ["billing/make-invoice order/0@6"]);
  await log.append([range(5, [null, 30])]);
  assert.deepEqual((await checkReceipts(log, databases, ["billing"])).wrong, []);
});

function event(type: string, subject: string, sequence: number): NewRecord {
  const { key, value, headers } = encodeEvent({
    id: randomUUID(),
    source: "orders",
    type,
    subject,
    timeMs: 1,
    dataVersion: 1,
    data: {},
    correlationId: "c",
  });
  return { topic: type.split(".")[0] as string, key, value, headers: withSequence(headers, sequence, 0) };
}
