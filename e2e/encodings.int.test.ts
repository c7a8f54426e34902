import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { openSchemaRegistry, startRegistry } from "@throughline/registry";
import { openSqliteLog, sqlite } from "@throughline/sqlite";
import { createMemoryStore, createService, type EventLog } from "throughline";
import type { LogRecord } from "throughline/seams";
import { readDeadLetter } from "throughline/system-topics";
import { startKafka } from "../scripts/services/kafka.ts";
import { until } from "./bad-input/until.ts";
import { OrderCompleted, OrderShipped, PaymentReceived, PaymentRefunded } from "./encodings/contracts.ts";
import { throughline } from "./outbox/processes.ts";
import { openEventLog } from "./places/event-log.ts";

const run = promisify(execFile);
const installed = "confluent-kafka[schemaregistry,avro,json,protobuf]==2.16.1";
const python = await run("python3", ["-c", "import venv, ensurepip; print('ok')"]).then(
  () => true,
  () => false,
);

const completed = {
  order_id: "o-1",
  total: -5,
  serial: "9223372036854775807",
  completed_at: "2026-11-26T05:00:00.123Z",
  lines: [{ sku: "grüße", price: "12.30" }],
};
const shipped = {
  order_id: "o-1",
  // Beyond what another library writes rightly.
  weight: -4_503_599_627_370_497,
  state: "SENT",
  shipped_at: "2026-11-26T06:00:00Z",
  parcels: { a: { grams: 5 } },
} as const;

async function readAll(log: EventLog, topic: string): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for (const { partition, end } of await log.offsets(topic).catch(() => []))
    for await (const batch of log.read({ topic, partition, fromOffset: 0, toOffset: end })) found.push(...batch);
  return found;
}

function folderOf(t: { after(work: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), "throughline-encodings-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("on the embedded log, events in Avro and Protobuf need a registry once, to be agreed on, and none afterwards", async (t) => {
  const folder = folderOf(t);
  const lock = join(folder, "contracts.lock.json");
  const server = await startRegistry({ store: `sqlite:${join(folder, "registry.db")}`, port: 0 });
  await throughline(t, "contracts", "push", "e2e/encodings/services", "--registry", server.url, "--lock", lock);
  await server.close();

  await using log = await openSqliteLog(join(folder, "events.db"));
  const common = { eventLog: log, contractsLock: lock, log: { silent: true } } as const;
  const store = (name: string) => sqlite({ file: join(folder, `${name}.db`) });
  const orders = createService({ ...common, name: "orders", store: store("orders"), publishes: [OrderCompleted, OrderShipped] });
  const reader = createService({ ...common, name: "reader", store: store("reader"), from: "earliest" });
  const handled: unknown[] = [];
  reader.on(
    [OrderCompleted, OrderShipped],
    "keep",
    (event) => void handled.push({ type: event.type, data: event.data, sequence: event.sequence }),
  );
  await using _ = await orders.start();
  await using __ = await reader.start();
  await orders.publish(OrderCompleted, completed, { tx: "none" });
  await orders.publish(OrderShipped, shipped, { tx: "none" });
  await until("both are handled", () => handled.length === 2);
  assert.deepEqual(handled, [
    { type: "order.completed", data: completed, sequence: 1 },
    { type: "order.shipped", data: { ...shipped, shipped_at: "2026-11-26T06:00:00Z" }, sequence: 2 },
  ]);
  const locked = JSON.parse(readFileSync(lock, "utf8")) as {
    contracts: Record<string, Record<string, { registered: { id: number } }>>;
  };
  const ids = (await readAll(log, "order")).map(({ value }) => Buffer.from(value ?? []).readUInt32BE(1));
  assert.deepEqual(
    ids,
    ["order.completed", "order.shipped"].map((type) => locked.contracts[type]?.["1"]?.registered.id),
  );
});

test(
  "Confluent's Python client reads what we publish in Avro and Protobuf, and our handlers read what it publishes, over Kafka",
  { skip: python ? false : "no python3 with venv", timeout: 600_000 },
  async (t) => {
    const folder = folderOf(t);
    const bin = join(folder, "python", "bin");
    await run("python3", ["-m", "venv", join(folder, "python")]);
    const pip = await run(join(bin, "pip"), ["install", "--quiet", "--disable-pip-version-check", installed], {
      timeout: 240_000,
    }).then(
      () => null,
      (error: Error) => error.message,
    );
    if (pip !== null) return t.skip(`pip cannot install ${installed}: ${pip}`);
    const lock = join(folder, "contracts.lock.json");
    await using kafka = await startKafka();
    await using server = await startRegistry({ store: `sqlite:${join(folder, "registry.db")}`, port: 0 });
    await throughline(t, "contracts", "push", "e2e/encodings/services", "--registry", server.url, "--lock", lock);

    const log = await openEventLog(`kafka://${kafka.bootstrapServers}`);
    t.after(() => log.close());
    const orders = createService({
      name: "orders",
      eventLog: log,
      store: createMemoryStore(),
      contractsLock: lock,
      publishes: [OrderCompleted, OrderShipped],
      log: { silent: true },
    });
    await using _ = await orders.start();
    await orders.publish(OrderCompleted, completed, { tx: "none" });
    await orders.publish(OrderShipped, shipped, { tx: "none" });
    await orders.publish(OrderCompleted, { ...completed, note: "second" }, { tx: "none" });

    const { stdout } = await run(
      join(bin, "python"),
      [join(import.meta.dirname, "encodings/events.py"), server.url, kafka.bootstrapServers],
      {
        timeout: 120_000,
      },
    );
    const { read, written } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { read: unknown[]; written: string[] };
    const inPython = { ...completed, serial: 0, completed_at: "2026-11-26T05:00:00.123000+00:00", note: null };
    // JSON.parse rounds the serial number; its text does not.
    assert.ok(stdout.includes('"serial": 9223372036854775807'));
    const exact = read.map((each) => {
      const { data } = each as { data: { serial?: number } };
      return data.serial === undefined ? each : { ...(each as object), data: { ...data, serial: 0 } };
    });
    assert.deepEqual(exact, [
      { type: "order.completed", subject: "o-1", data: inPython },
      { type: "order.shipped", subject: "o-1", data: { ...shipped, weight: String(shipped.weight) } },
      { type: "order.completed", subject: "o-1", data: { ...inPython, note: "second" } },
    ]);

    const billing = createService({
      name: "billing",
      eventLog: log,
      store: createMemoryStore(),
      schemaRegistry: openSchemaRegistry({ url: server.url }),
      from: "earliest",
      log: { silent: true },
    });
    const handled: unknown[] = [];
    billing.on([PaymentReceived, PaymentRefunded], "book", (event) => {
      handled.push({ type: event.type, subject: event.subject, data: event.data });
    });
    await using __ = await billing.start();
    await until("three are handled", () => handled.length === 3, 60_000);
    assert.deepEqual(handled, [
      { type: "payment.received", subject: "p-1", data: { payment_id: "p-1", cents: 1250, method: "card" } },
      { type: "payment.received", subject: "p-2", data: { payment_id: "p-2", cents: 5, method: "bank" } },
      { type: "payment.refunded", subject: "p-1", data: { payment_id: "p-1", cents: 9_007_199_254_740_991 } },
    ]);
    // A number that JavaScript would have rounded.
    await until("one is dead", async () => (await readAll(log, "billing.dlt")).length === 1, 60_000);
    const dead = readDeadLetter((await readAll(log, "billing.dlt"))[0] as LogRecord);
    assert.equal(Buffer.from(dead?.original.value ?? []).toString("hex"), written[3]);
    assert.match(dead?.letter.error.message ?? "", /\/cents is a whole number that no number of JavaScript can be exactly/);
  },
);
