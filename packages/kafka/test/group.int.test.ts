import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, it, mock } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { CompressionAlgorithms, Connection, Consumer, Producer } from "@platformatic/kafka";
import { isThroughlineError, type LogRecord, type RecordBatch, type SubscribeOptions } from "throughline/seams";
import { type RunningKafka, startKafka } from "../../../scripts/services/kafka.ts";
import { openKafkaLog } from "../src/index.ts";
import { withAdmin } from "./fixtures/admin.ts";

type Log = Awaited<ReturnType<typeof openKafkaLog>>;

const quiet = { onBatch: async () => {}, onRevoked: async () => {}, onLost: () => {}, onError: () => {} };
const text = ({ value }: LogRecord): string => Buffer.from(value ?? []).toString();

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 40_000;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, `waited in vain until ${what}`);
    await delay(10);
  }
}

async function append(log: Log, topic: string, values: readonly string[], partition = 0): Promise<void> {
  const results = await log.append(
    values.map((value) => ({ topic, partition, key: Buffer.from("k"), value: Buffer.from(value), headers: [] })),
  );
  assert.ok(results.every(({ ok }) => ok));
}

describe("groups on Kafka, with others on the same cluster", () => {
  let kafka: RunningKafka;
  let log: Log;
  before(async () => {
    kafka = await startKafka();
    log = await openKafkaLog({ url: kafka.url, topicPollMs: 500 });
  });
  after(async () => {
    await log.close();
    await kafka.close();
  });

  async function topic(partitions = 1): Promise<string> {
    const name = randomUUID();
    await log.createTopics([{ name, partitions }]);
    return name;
  }

  async function readAll(name: string): Promise<LogRecord[]> {
    const read: LogRecord[] = [];
    for await (const batch of log.read({ topic: name, partition: 0, fromOffset: 0 })) read.push(...batch);
    return read;
  }

  /** A group's member, and all it was told. */
  async function member(options: Partial<SubscribeOptions> & Pick<SubscribeOptions, "group" | "topics">, on = log) {
    const batches: RecordBatch[] = [];
    const errors: Error[] = [];
    const subscription = await on.subscribe({
      ...quiet,
      onAssigned: async (partitions) => partitions.map((p) => p.committedOffset ?? p.earliestOffset),
      onError: (error) => errors.push(error),
      ...options,
      onBatch: async (batch) => {
        batches.push(batch);
        await options.onBatch?.(batch);
      },
    });
    return { subscription, batches, errors, values: () => batches.flatMap(({ records }) => records.map(text)) };
  }

  it("ends with one clear error in a group whose members share partitions otherwise", async () => {
    const [source, group] = [await topic(), randomUUID()];
    const foreign = new Consumer({ groupId: group, clientId: "foreign", bootstrapBrokers: kafka.bootstrapServers.split(",") });
    const stream = await foreign.consume({ topics: [source], autocommit: false });
    try {
      await assert.rejects(member({ group, topics: [source] }), (error) => isThroughlineError(error, "KAFKA_GROUP_FOREIGN"));
      assert.ok((await log.groups()).some((found) => found.group === group && found.members.length === 1));
    } finally {
      await stream.close();
      await foreign.close(true);
    }
  });

  it("reads the offsets of many groups without members in few requests", async () => {
    const source = await topic();
    const groups = Array.from({ length: 201 }, (_, index) => `empty-${index}`);
    await withAdmin(kafka.bootstrapServers, async (admin) => {
      for (const [index, groupId] of groups.entries()) {
        const partitionOffsets = [{ partition: 0, offset: BigInt(index) }];
        await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: source, partitionOffsets }] });
      }
    });
    const sent = mock.method(Connection.prototype, "send");
    try {
      const found = (await log.groups()).filter(({ group }) => groups.includes(group));
      assert.deepEqual(found.map(({ group }) => group).sort(), groups.toSorted());
      assert.ok(found.every(({ state, members }) => state === "empty" && members.length === 0));
      const offsets = await Promise.all([...groups, groups[0] as string, "none"].map((group) => log.committedOffsets(group)));
      assert.deepEqual(
        offsets.map(([place]) => place?.offset),
        [...groups.keys(), 0, undefined],
      );
      const requests = sent.mock.calls.map(({ arguments: [key] }) => key);
      assert.deepEqual(
        { findCoordinator: requests.filter((key) => key === 10).length, offsetFetch: requests.filter((key) => key === 9).length },
        { findCoordinator: 1, offsetFetch: 2 },
      );
    } finally {
      sent.mock.restore();
    }
  });

  it("fences a static member whose name another one takes, and tells it so", async () => {
    const [source, group] = [await topic(), randomUUID()];
    const first = await member({ group, topics: [source], instanceId: "one" });
    await until("the first has it", () => first.subscription.assigned().length === 1);
    await using other = await openKafkaLog(kafka.url);
    const second = await member({ group, topics: [source], instanceId: "one" }, other);
    await until("the first was told", () => first.errors.some((error) => isThroughlineError(error, "LOG_MEMBER_REPLACED")));
    await until("the second has it", () => second.subscription.assigned().length === 1);
    await second.subscription.close();
  });

  it("what a static member was about to let go when it died finds its new owner once it is back", async () => {
    const [source, group] = [await topic(4), randomUUID()];
    const held = Promise.withResolvers<void>();
    const first = await member({
      group,
      topics: [source],
      instanceId: "one",
      drainTimeoutMs: 30_000,
      onRevoked: () => held.promise,
    });
    await until("the first has all", () => first.subscription.assigned().length === 4);
    const second = await member({ group, topics: [source], instanceId: "two" });
    await until("half of it is on its way to the second", async () => {
      const found = (await log.groups()).find((each) => each.group === group);
      return found?.state === "rebalancing" && found.members.some(({ partitions }) => partitions.length === 2);
    });
    // As the next process of the first: the coordinator gives it what it kept for its name.
    await using other = await openKafkaLog(kafka.url);
    const back = await member({ group, topics: [source], instanceId: "one" }, other);
    await until("both have half", () => [back, second].every(({ subscription }) => subscription.assigned().length === 2));
    held.resolve();
    await Promise.all([back, second].map(({ subscription }) => subscription.close()));
  });

  it("a member that was stopped for longer than its session neither moves the group nor delivers when it wakes", async () => {
    const [source, group] = [await topic(), randomUUID()];
    await append(log, source, ["0", "1", "2", "3"]);
    const child = fork(join(import.meta.dirname, "fixtures/zombie-member.ts"), [kafka.url, group, source], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    const told: { kind: string; values?: string[] }[] = [];
    child.on("message", (message) => told.push(message as never));
    try {
      await until("the child is in its first batch", () => told.some(({ kind }) => kind === "batch"));
      child.kill("SIGSTOP");
      const heir = await member({ group, topics: [source], sessionTimeoutMs: 2_000 });
      await until("the heir has read all", () => heir.values().length === 4);
      heir.subscription.commit({ topic: source, partition: 0 }, 4);
      await heir.subscription.flush();
      child.kill("SIGCONT");
      child.send("finish the batch, and commit 1");
      await until("the child knows that its partition is lost", () => told.some(({ kind }) => kind === "lost"));
      assert.deepEqual(await log.committedOffsets(group), [{ topic: source, partition: 0, offset: 4 }]);
      assert.deepEqual(told.filter(({ kind }) => kind === "batch").length, 1);
      await heir.subscription.close();
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });

  it("reads what other producers commit in transactions, and not what they abort", async () => {
    const source = await topic();
    const producer = new Producer({
      clientId: "foreign",
      bootstrapBrokers: kafka.bootstrapServers.split(","),
      idempotent: true,
      transactionalId: randomUUID(),
    });
    const inTransaction = async (value: string, commit: boolean): Promise<void> => {
      const transaction = await producer.beginTransaction();
      await transaction.send({ messages: [{ topic: source, partition: 0, key: Buffer.from("k"), value: Buffer.from(value) }] });
      await (commit ? transaction.commit() : transaction.abort());
    };
    await inTransaction("committed", true);
    await inTransaction("aborted", false);
    await append(log, source, ["plain"]);
    await inTransaction("aborted too", false);
    await inTransaction("committed too", true);
    await producer.close();

    // A commit is answered before its marker stands in the partition.
    let read: LogRecord[] = [];
    await until("the last commit is in the partition", async () => (read = await readAll(source)).length === 3);
    assert.deepEqual(read.map(text), ["committed", "plain", "committed too"]);
    assert.equal(read.at(-1)?.offset, 7);
    const reader = await member({ group: randomUUID(), topics: [source] });
    await until("all arrived", () => reader.values().length === 3);
    let next = 0;
    for (const { fromOffset, nextOffset } of reader.batches) {
      assert.equal(fromOffset, next);
      next = nextOffset;
    }
    assert.equal(next, 9);
    await reader.subscription.close();
  });

  it("reads what others compressed", async () => {
    const source = await topic();
    const producer = new Producer({ clientId: "foreign", bootstrapBrokers: kafka.bootstrapServers.split(",") });
    const algorithms = Object.values(CompressionAlgorithms);
    for (const compression of algorithms) {
      const messages = [1, 2, 3].map((i) => ({
        topic: source,
        partition: 0,
        key: Buffer.from("k"),
        value: Buffer.from(`${compression} ${i} ${"x".repeat(300)}`),
        headers: new Map([[Buffer.from("ce_id"), Buffer.from(`${i}`)]]),
      }));
      await producer.send({ messages, compression });
    }
    await producer.close();
    const read = await readAll(source);
    assert.deepEqual(
      read.map((record) => text(record).slice(0, -301)),
      algorithms.flatMap((name) => [1, 2, 3].map((i) => `${name} ${i}`)),
    );
    assert.deepEqual(
      read.map(({ headers }) => headers.map(([name, value]) => [name, Buffer.from(value ?? []).toString()])),
      algorithms.flatMap(() => [1, 2, 3].map((i) => [["ce_id", `${i}`]])),
    );
  });

  it("keeps topics of one prefix apart from all others, and shows it to nobody", async () => {
    await using prefixed = await openKafkaLog({ url: kafka.url, topics: { prefix: "team." }, topicPollMs: 500 });
    const name = randomUUID();
    await prefixed.createTopics([{ name, partitions: 1 }]);
    await append(prefixed, name, ["v"]);
    assert.ok((await log.topics()).some((found) => found.name === `team.${name}`));
    assert.ok((await prefixed.topics()).every((found) => !found.name.startsWith("team.")));
    const reader = await member({ group: randomUUID(), topics: [name] }, prefixed);
    await until("it arrived", () => reader.values().length === 1);
    assert.deepEqual([reader.batches[0]?.topic, reader.subscription.assigned()], [name, [{ topic: name, partition: 0 }]]);
    reader.subscription.commit({ topic: name, partition: 0 }, 1);
    await reader.subscription.flush();
    await reader.subscription.close();
  });

  it("creates nothing where somebody else creates topics, and names what is missing", async () => {
    await using guest = await openKafkaLog({ url: kafka.url, topics: { prefix: "owned.", create: false } });
    await assert.rejects(guest.createTopics([{ name: "order" }, { name: "payment" }]), (error) => {
      assert.ok(isThroughlineError(error, "KAFKA_TOPICS_MISSING"));
      assert.match(error.message, /owned\.order, owned\.payment/);
      return true;
    });
    await withAdmin(kafka.bootstrapServers, (admin) =>
      admin.createTopics({ topics: ["owned.order"], partitions: 2, replicas: 1 }),
    );
    await until("it is known", async () => (await guest.topics()).length === 1);
    await guest.createTopics([{ name: "order" }]);
  });

  it("gives partitions that are added later to the members", async () => {
    const [source, group] = [await topic(1), randomUUID()];
    const reader = await member({ group, topics: [source] });
    await until("the first is there", () => reader.subscription.assigned().length === 1);
    await withAdmin(kafka.bootstrapServers, (admin) =>
      admin.createPartitions({ topics: [{ name: source, count: 3, assignments: [{ brokerIds: [1] }, { brokerIds: [1] }] }] }),
    );
    await until("the others are there", () => reader.subscription.assigned().length === 3);
    await reader.subscription.close();
  });

  it("keeps a paused or slow partition from keeping others waiting, and little of it in memory", async () => {
    const source = await topic(2);
    const large = "x".repeat(50_000);
    await append(
      log,
      source,
      Array.from({ length: 400 }, (_, i) => `${i} ${large}`),
      0,
    );
    await append(
      log,
      source,
      Array.from({ length: 2_000 }, (_, i) => `${i}`),
      1,
    );
    const gate = Promise.withResolvers<void>();
    const reader = await member({
      group: randomUUID(),
      topics: [source],
      maxBatchRecords: 10,
      onBatch: ({ partition }) => (partition === 0 ? gate.promise : Promise.resolve()),
    });
    const batchesOf = (wanted: number): number => reader.batches.filter(({ partition }) => partition === wanted).length;
    await until("the other partition was read", () => batchesOf(1) >= 200);
    // Its first records are large, and may come last.
    await until("the slow one has begun", () => batchesOf(0) > 0);
    assert.equal(batchesOf(0), 1);
    gate.resolve();
    await until("all were read", () => reader.values().length === 2_400);
    await reader.subscription.close();
  });
});
