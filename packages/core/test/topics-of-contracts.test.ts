import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { test } from "node:test";
import { createMemoryLog, createMemoryStore, createService, defineEvent, type TopicOptions } from "throughline";

const contract = (type: string, topic: TopicOptions) =>
  defineEvent<string, { id: string }>(type, {
    version: 1,
    subject: "id",
    data: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
    topic,
  });

function collector() {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _, done) {
      for (const line of chunk.toString().trim().split("\n")) lines.push(JSON.parse(line) as Record<string, unknown>);
      done();
    },
  });
  return { lines, destination };
}

test("a stream's topic is created as its contracts say", async () => {
  const log = createMemoryLog();
  const orders = createService({
    name: "orders",
    eventLog: log,
    store: createMemoryStore(),
    publishes: [contract("order.placed", { partitions: 12 }), contract("order.paid", { retentionMs: 86_400_000 })],
    log: { silent: true },
  });
  await using _ = await orders.start();
  const topic = (await log.topics()).find(({ name }) => name === "order");
  assert.deepEqual([topic?.partitions, topic?.retentionMs, topic?.retentionBytes], [12, 86_400_000, null]);
});

test("a topic that exists is left as it is, and what differs is one warning at start", async () => {
  const log = createMemoryLog();
  await log.createTopics([{ name: "order", partitions: 3, retentionMs: 1_000 }]);
  const { lines, destination } = collector();
  const orders = createService({
    name: "orders",
    eventLog: log,
    store: createMemoryStore(),
    publishes: [contract("order.placed", { partitions: 12 }), contract("stock.counted", { partitions: 1 })],
    log: { destination },
  });
  await using _ = await orders.start();
  assert.equal((await log.topics()).find(({ name }) => name === "order")?.partitions, 3);
  const warnings = lines.filter(({ level }) => level === "warn");
  assert.deepEqual(
    warnings.map(({ topic, differences }) => ({ topic, differences })),
    [{ topic: "order", differences: ["it has 3 partitions, not 12"] }],
  );
});

test("contracts of a stream that contradict each other are a reason not to start", async () => {
  const orders = createService({
    name: "orders",
    eventLog: createMemoryLog(),
    store: createMemoryStore(),
    publishes: [contract("order.placed", { partitions: 12 }), contract("order.paid", { partitions: 6 })],
    log: { silent: true },
  });
  await assert.rejects(orders.start(), {
    code: "SERVICE_CANNOT_START",
    message: /topic\.partitions is 12 in order\.placed and 6 in order\.paid/,
  });
});
