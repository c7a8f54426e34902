import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { Kafka } from "cloudevents";
import { createMemoryStore, createService, defineEvent } from "throughline";
import type { LogRecord } from "throughline/seams";
import * as z from "zod";
import { type RunningKafka, startKafka } from "../../../scripts/services/kafka.ts";
import { openKafkaLog } from "../src/index.ts";
import { kafkaTool } from "../../../scripts/services/kafka-tool.ts";
import { pythonWithConfluentKafka } from "./fixtures/python-client.ts";

const run = promisify(execFile);
const OrderCompleted = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int() }),
});

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `waited in vain until ${what}`);
    await delay(10);
  }
}

describe("other clients on the same topics", () => {
  let kafka: RunningKafka;
  before(async () => {
    kafka = await startKafka();
    await using log = await openKafkaLog(kafka.url);
    await log.createTopics([{ name: "order", partitions: 3 }]);
  });
  after(() => kafka.close());

  it("drive our handlers, in the order of each subject: Python's confluent-kafka and the Java console producer", async (t) => {
    const python = await pythonWithConfluentKafka();
    const handled: { order_id: string; total: number; source: string }[] = [];
    const service = createService({
      name: `billing-${randomUUID()}`,
      eventLog: () => openKafkaLog({ url: kafka.url, topicPollMs: 500 }),
      store: createMemoryStore(),
      from: "earliest",
      log: { silent: true },
    });
    service.on(OrderCompleted, "note", async ({ data, source }) => void handled.push({ ...data, source }));
    await using _running = await service.start();

    const lines = Array.from({ length: 30 }, (_, i) => {
      const order = `java-${i % 5}`;
      const headers = `ce_specversion:1.0,ce_id:${randomUUID()},ce_source:/java,ce_type:order.completed,ce_subject:${order},content-type:application/json`;
      return `${headers}\t${order}\t${JSON.stringify({ order_id: order, total: i })}\n`;
    });
    const parsing = ["--property", "parse.headers=true", "--property", "parse.key=true"];
    await kafkaTool(
      kafka,
      "ConsoleProducer",
      ["--bootstrap-server", kafka.bootstrapServers, "--topic", "order", ...parsing],
      lines.join(""),
    );
    await until("the Java client's were handled", () => handled.length === 30);

    if (python === null) t.diagnostic("no Python 3 with venv is installed here: only the Java client was tried");
    else {
      await run(python, [join(import.meta.dirname, "fixtures/produce.py"), kafka.bootstrapServers, "order", "100"]);
      await until("Python's were handled", () => handled.length === 130);
    }
    for (const [source, count, subjects] of [
      ["/java", 30, 5],
      ["/python", python === null ? 0 : 100, 10],
    ] as const) {
      const ofSource = handled.filter((event) => event.source === source);
      assert.equal(ofSource.length, count);
      for (let i = 0; i < subjects && count > 0; i += 1) {
        const totals = ofSource.filter(({ order_id }) => order_id.endsWith(`-${i}`)).map(({ total }) => total);
        assert.deepEqual(
          totals,
          Array.from({ length: count / subjects }, (_, k) => i + k * subjects),
        );
      }
    }
  });

  it("read ours: the cloudevents package, Python's confluent-kafka and the Java console consumer", async () => {
    const store = createMemoryStore();
    const service = createService({
      name: "orders",
      eventLog: () => openKafkaLog({ url: kafka.url, topics: { prefix: "ours." } }),
      store,
      from: "earliest",
      publishes: [OrderCompleted],
      log: { silent: true },
    });
    await using log = await openKafkaLog({ url: kafka.url, topics: { prefix: "ours." } });
    await using _running = await service.start();
    for (let total = 0; total < 5; total += 1)
      await store.transaction(async (tx) => service.publish(OrderCompleted, { order_id: "o1", total }, { tx }));
    const records: LogRecord[] = [];
    for (const deadline = performance.now() + 30_000; records.length < 5 && performance.now() < deadline; await delay(50)) {
      records.length = 0;
      for (const { partition } of await log.offsets("order"))
        for await (const batch of log.read({ topic: "order", partition, fromOffset: 0 })) records.push(...batch);
    }
    for (const [total, { key, value, headers }] of records.entries()) {
      const event = Kafka.toEvent({
        key: Buffer.from(key ?? []).toString(),
        value: Buffer.from(value ?? []),
        body: Buffer.from(value ?? []),
        headers: Object.fromEntries(headers.map(([name, content]) => [name, Buffer.from(content ?? []).toString()])),
      } as never) as { type: string; subject: string; data: unknown };
      assert.deepEqual([event.type, event.subject], ["order.completed", "o1"]);
      assert.deepEqual(plain(event.data), { order_id: "o1", total });
    }
    assert.equal(records.length, 5);

    const showing = ["print.key=true", "print.headers=true"].flatMap((property) => ["--property", property]);
    const shown = await kafkaTool(kafka, "consumer.ConsoleConsumer", [
      "--bootstrap-server",
      kafka.bootstrapServers,
      "--topic",
      "ours.order",
      "--from-beginning",
      "--max-messages",
      "5",
      ...showing,
    ]);
    assert.equal(shown.match(/ce_type:order\.completed.*\to1\t\{"order_id":"o1","total":\d\}/g)?.length, 5, shown);

    const python = await pythonWithConfluentKafka();
    if (python !== null) {
      const { stdout } = await run(python, [
        join(import.meta.dirname, "fixtures/consume.py"),
        kafka.bootstrapServers,
        "ours.order",
        "5",
      ]);
      const read = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { key: string; value: { total: number }; headers: Record<string, string> });
      assert.deepEqual(
        read.map((record) => [record.key, record.value.total, record.headers["ce_subject"]]),
        [0, 1, 2, 3, 4].map((total) => ["o1", total, "o1"]),
      );
    }
  });
});

/** The package hands JSON over as it came, or parsed. */
function plain(data: unknown): unknown {
  return typeof data === "string" ? JSON.parse(data) : Buffer.isBuffer(data) ? JSON.parse(data.toString()) : data;
}
