import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { isThroughlineError, type LogRecord, type NewRecord } from "throughline/seams";
import { openLog } from "../src/open-kafka-log.ts";
import { withAdmin } from "./fixtures/admin.ts";
import { type ProxiedKafka, startProxiedKafka } from "./fixtures/proxied-kafka.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);
const record = (topic: string, key: string | null, value: string | Uint8Array): NewRecord => ({
  topic,
  key: key === null ? null : bytes(key),
  value: typeof value === "string" ? bytes(value) : value,
  headers: [],
});
const codes = (results: readonly { ok: boolean; error?: { code: string } }[]): string[] =>
  results.map((result) => (result.ok ? "taken" : (result.error?.code ?? "?")));

describe("appending to Kafka, one broker", () => {
  let cluster: ProxiedKafka;
  before(async () => {
    cluster = await startProxiedKafka(1);
  });
  after(() => cluster.close());
  const open = (more: object = {}) => openLog({ url: cluster.url, giveUpAfterMs: 5_000, requestTimeoutMs: 2_000, ...more });

  async function topicWith(settings: Record<string, string>): Promise<string> {
    await using log = await open({ topics: { settings } });
    const name = randomUUID();
    await log.createTopics([{ name, partitions: 1 }]);
    return name;
  }

  it("finds the records of a batch that the topic's own limit refuses, and takes all others", async () => {
    const topic = await topicWith({ "max.message.bytes": "20000" });
    await using log = await open();
    const large = new Uint8Array(50_000);
    const records = Array.from({ length: 300 }, (_, i) => record(topic, `k${i % 50}`, i === 120 || i === 211 ? large : `${i}`));
    const results = await log.append(records);
    const expected = records.map((_, i) => {
      if (i === 120 || i === 211) return "LOG_RECORD_TOO_LARGE";
      const follows = (i > 120 && i % 50 === 20) || (i > 211 && i % 50 === 11);
      return follows ? "LOG_RECORD_SKIPPED" : "taken";
    });
    assert.deepEqual(codes(results), expected);
    assert.deepEqual(
      (await readAll(log, topic)).map(text),
      records.flatMap((_, i) => (expected[i] === "taken" ? [`${i}`] : [])),
    );
  });

  it("refuses what a compacted topic does not take, by its place in the batch", async () => {
    const topic = await topicWith({ "cleanup.policy": "compact" });
    await using log = await open();
    const results = await log.append([record(topic, "a", "1"), record(topic, null, "no key"), record(topic, "b", "2")]);
    assert.deepEqual(codes(results), ["taken", "LOG_RECORD_REFUSED", "taken"]);
    assert.deepEqual((await readAll(log, topic)).map(text), ["1", "2"]);
  });

  for (const when of ["before", "after"] as const) {
    it(`appends once and in order when the connection breaks ${when} the broker has the request`, async () => {
      const topic = await topicWith({});
      await using log = await open();
      await log.append([record(topic, "k", "warm")]);
      for (let round = 0; round < 5; round += 1) {
        cluster.proxies[0]?.breakNextProduce(when);
        const calls = Array.from({ length: 20 }, (_, i) => log.append([record(topic, "k", `${round}.${i}`)]));
        assert.deepEqual(
          codes((await Promise.all(calls)).flat()),
          Array.from({ length: 20 }, () => "taken"),
        );
      }
      const expected = Array.from({ length: 100 }, (_, i) => `${Math.floor(i / 20)}.${i % 20}`);
      assert.deepEqual((await readAll(log, topic)).map(text), ["warm", ...expected]);
    });
  }

  it("gives up on a broker that stands still, and what comes later is in order", async () => {
    const topic = await topicWith({});
    await using log = await open({ giveUpAfterMs: 1_000, requestTimeoutMs: 500 });
    await log.append([record(topic, "k", "first")]);
    const [broker] = cluster.kafka.brokers;
    broker?.freeze();
    try {
      await assert.rejects(log.append([record(topic, "k", "in doubt")]), (error) => isThroughlineError(error, "LOG_UNAVAILABLE"));
    } finally {
      broker?.thaw();
    }
    // The stopped broker may still find requests in its sockets.
    for (let i = 0; i < 10;) {
      try {
        const [result] = await log.append([record(topic, "k", `later ${i}`)]);
        if (result?.ok === true) i += 1;
      } catch (error) {
        assert.ok(isThroughlineError(error, "LOG_UNAVAILABLE"), String(error));
      }
    }
    const read = (await readAll(log, topic)).map(text);
    const firsts = [...new Set(read)].filter((value) => value !== "in doubt");
    assert.deepEqual(firsts, ["first", ...Array.from({ length: 10 }, (_, i) => `later ${i}`)]);
    const doubt = read.indexOf("in doubt");
    assert.ok(doubt === -1 || doubt < read.indexOf("later 0"), `a copy came behind what followed: ${read.join()}`);
  });

  it("goes on with a topic that was deleted and created again", async () => {
    const topic = await topicWith({});
    await using log = await open();
    assert.deepEqual(codes(await log.append([record(topic, "k", "old")])), ["taken"]);
    await withAdmin(cluster.kafka.bootstrapServers, (admin) => admin.deleteTopics({ topics: [topic] }));
    while ((await log.topics()).some(({ name }) => name === topic)) await delay(20);
    await log.createTopics([{ name: topic, partitions: 1 }]);
    assert.deepEqual(codes(await log.append([record(topic, "k", "new")])), ["taken"]);
    assert.deepEqual((await readAll(log, topic)).map(text), ["new"]);
  });

  it("refuses records of a topic that was deleted", async () => {
    const topic = await topicWith({});
    await using log = await open();
    await log.append([record(topic, "k", "old")]);
    await withAdmin(cluster.kafka.bootstrapServers, (admin) => admin.deleteTopics({ topics: [topic] }));
    assert.deepEqual(codes(await log.append([record(topic, "k", "late")])), ["LOG_TOPIC_UNKNOWN"]);
  });
});

describe("appending to Kafka, three brokers", () => {
  it("loses nothing and keeps each key's order while brokers are killed, leaders among them", { timeout: 280_000 }, async () => {
    const cluster = await startProxiedKafka(3);
    try {
      await using log = await openLog({ url: cluster.url, giveUpAfterMs: 60_000, requestTimeoutMs: 3_000 });
      const topic = randomUUID();
      await log.createTopics([{ name: topic, partitions: 6 }]);
      let isOver = false;
      const writers = Array.from({ length: 12 }, async (_, writer) => {
        let next = 0;
        for (; !isOver; next += 1) {
          const [result] = await log.append([record(topic, `writer-${writer}`, `${next}`)]);
          assert.ok(result?.ok, JSON.stringify(result));
        }
        return next;
      });
      for (const broker of cluster.kafka.brokers) {
        const before = (await log.offsets(topic)).reduce((sum, { end }) => sum + end, 0);
        await broker.kill();
        // Until what was led there is written again.
        while ((await log.offsets(topic)).reduce((sum, { end }) => sum + end, 0) < before + 500) await delay(50);
        await broker.start();
        while ((await inSync(cluster, topic)) < 3) await delay(100);
      }
      isOver = true;
      const counts = await Promise.all(writers);
      for (const [writer, count] of counts.entries()) {
        const found: string[] = [];
        for (let partition = 0; partition < 6; partition += 1)
          found.push(
            ...(await readAll(log, topic, partition))
              .filter(({ key }) => key !== null && Buffer.from(key).toString() === `writer-${writer}`)
              .map(text),
          );
        assert.deepEqual(
          found,
          Array.from({ length: count }, (_, i) => `${i}`),
          `writer ${writer}`,
        );
      }
    } finally {
      await cluster.close();
    }
  });
});

/** The fewest replicas in sync of any partition. */
async function inSync(cluster: ProxiedKafka, topic: string): Promise<number> {
  const running = cluster.kafka.bootstrapServers;
  const metadata = await withAdmin(running, (admin) => admin.metadata({ topics: [topic], forceUpdate: true }));
  return Math.min(...(metadata.topics.get(topic)?.partitions.map(({ isr }) => isr.length) ?? [0]));
}

async function readAll(log: Awaited<ReturnType<typeof openLog>>, topic: string, partition = 0): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const batch of log.read({ topic, partition, fromOffset: 0 })) records.push(...batch);
  return records;
}

function text({ value }: LogRecord): string {
  return Buffer.from(value ?? []).toString();
}
