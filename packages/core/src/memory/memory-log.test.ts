import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { coreError } from "../errors/index.ts";
import type { EventLog, NewRecord, RecordBatch, SubscribeOptions, Subscription, TopicPartition } from "../seams/event-log.ts";
import { seededSurroundings } from "../surroundings/index.ts";
import { createMemoryLog } from "./memory-log.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const record = (value: string, parts: Partial<NewRecord> = {}): NewRecord => ({
  topic: "order",
  key: bytes("o-1"),
  value: bytes(value),
  headers: [],
  ...parts,
});
const names = (partitions: readonly TopicPartition[]) => partitions.map((p) => `${p.topic}/${p.partition}`).sort();

interface Told {
  subscription: Subscription;
  batches: RecordBatch[];
  calls: string[];
  errors: (Error & { code?: string })[];
}

async function join(log: EventLog, options: Partial<SubscribeOptions> = {}): Promise<Told> {
  const told: Omit<Told, "subscription"> = { batches: [], calls: [], errors: [] };
  const subscription = await log.subscribe({
    group: "billing",
    topics: ["order"],
    onAssigned: async (partitions) => {
      told.calls.push(`assigned ${names(partitions).join()}`);
      return partitions.map((p) => p.committedOffset ?? p.earliestOffset);
    },
    onBatch: async (batch) => void told.batches.push(batch),
    onRevoked: async (partitions) => void told.calls.push(`revoked ${names(partitions).join()}`),
    onLost: (partitions) => void told.calls.push(`lost ${names(partitions).join()}`),
    onError: (error) => void told.errors.push(error),
    ...options,
  });
  return Object.assign(told, { subscription });
}

/** A log whose time stands still, with the topic "order". */
async function openLog(partitions: number) {
  const surroundings = seededSurroundings(1);
  const log = createMemoryLog({ surroundings });
  await log.createTopics([{ name: "order", partitions }]);
  return { log, clock: surroundings.clock };
}

describe("createMemoryLog", () => {
  test("gives topics the default number of partitions", async () => {
    const log = createMemoryLog();
    await log.createTopics([{ name: "order" }]);
    assert.equal((await log.offsets("order")).length, 6);
    const small = createMemoryLog({ defaultPartitions: 2, maxRecordBytes: 10 });
    await small.createTopics([{ name: "order" }]);
    assert.equal((await small.offsets("order")).length, 2);
    assert.equal((await small.append([record("too large")]))[0]?.ok, false);
  });

  test("keeps a copy of what is appended", async () => {
    const { log } = await openLog(1);
    const value = bytes("before");
    await log.append([record("", { value })]);
    value.set(bytes("after!"));
    for await (const [read] of log.read({ topic: "order", partition: 0, fromOffset: 0 }))
      assert.deepEqual(read?.value, bytes("before"));
  });

  test("connects clients that share its data and close alone", async () => {
    const { log } = await openLog(1);
    const other = log.connect();
    const here = await join(log);
    const there = await join(other, { group: "email" });
    await other.append([record("1")]);
    await other.close();
    await log.append([record("2")]);
    await new Promise(setImmediate);
    assert.equal(here.batches.flatMap((batch) => batch.records).length, 2);
    assert.equal(there.batches.flatMap((batch) => batch.records).length, 1);
    await assert.rejects(other.topics(), { code: "LOG_CLOSED" });
    await log.close();
    assert.equal((await log.connect().topics()).length, 1);
  });
});

describe("faults of the memory log", () => {
  test("refuse refuses for good, or with the error it is given", async () => {
    const { log } = await openLog(1);
    log.refuse((r) =>
      r.value?.length === 1
        ? "one byte is too few"
        : r.value?.length === 2
          ? coreError("LOG_UNAVAILABLE", { what: "its leader moved" })
          : undefined,
    );
    const [one, two, three] = await log.append([
      record("1", { key: null }),
      record("12", { key: null }),
      record("123", { key: null }),
    ]);
    assert.ok(one && !one.ok && two && !two.ok);
    assert.deepEqual([one.error.code, one.error.retryable], ["LOG_RECORD_REFUSED", false]);
    assert.match(one.error.message, /one byte is too few/);
    assert.deepEqual([two.error.code, two.error.retryable], ["LOG_UNAVAILABLE", true]);
    assert.equal(three?.ok, true);
  });

  test("loseAcknowledgement writes once and says it failed", async () => {
    const { log } = await openLog(1);
    log.loseAcknowledgement();
    await assert.rejects(log.append([record("1")]), { code: "LOG_UNAVAILABLE" });
    assert.deepEqual(await log.append([record("1")]), [{ ok: true, partition: 0, offset: 1 }]);
  });

  test("unavailable keeps commits until the log is back", async () => {
    const { log } = await openLog(1);
    await log.append([record("1")]);
    const { subscription, errors } = await join(log);
    log.unavailable(true);
    subscription.commit({ topic: "order", partition: 0 }, 1);
    await subscription.flush();
    log.unavailable(false);
    assert.deepEqual(await log.committedOffsets("billing"), [{ topic: "order", partition: 0, offset: 1 }]);
    assert.deepEqual(
      errors.map((error) => error.code),
      ["LOG_UNAVAILABLE"],
    );
  });

  test("unavailable delivers nothing until the log is back", async () => {
    const { log, clock } = await openLog(1);
    const { subscription, batches } = await join(log, { onAssigned: async () => [null] });
    await log.append([record("1")]);
    log.unavailable(true);
    subscription.seek({ topic: "order", partition: 0 }, 0);
    await clock.advance(60_000);
    assert.equal(batches.length, 0);
    log.unavailable(false);
    await clock.advance(0);
    assert.equal(batches.length, 1);
  });

  test("a member that notices late is a zombie: it reads on, and its commits are dropped", async () => {
    const { log, clock } = await openLog(1);
    const zombie = await join(log);
    const heir = await join(log);
    await clock.advance(0);
    log.expireMember(zombie.subscription, { noticedAfterMs: 5_000 });
    await log.append([record("1")]);
    await clock.advance(4_999);
    assert.deepEqual([zombie.batches.length, heir.batches.length], [1, 1]);
    zombie.subscription.commit({ topic: "order", partition: 0 }, 1);
    await zombie.subscription.flush();
    assert.deepEqual(await log.committedOffsets("billing"), []);
    assert.deepEqual(zombie.calls, ["assigned order/0"]);

    await clock.advance(1);
    assert.deepEqual(zombie.calls, ["assigned order/0", "lost order/0"]);
    assert.deepEqual(zombie.subscription.assigned(), []);
    await heir.subscription.close();
    await clock.advance(0);
    assert.deepEqual(zombie.calls.at(-1), "assigned order/0");
  });

  test("a member alone that expires gets its partitions again", async () => {
    const { log, clock } = await openLog(2);
    const member = await join(log);
    await clock.advance(0);
    const [id] = (await log.groups())[0]!.members.map((m) => m.id);
    log.expireMember(id!);
    await clock.advance(0);
    assert.deepEqual(member.calls, ["assigned order/0,order/1", "lost order/0,order/1", "assigned order/0,order/1"]);
    assert.throws(() => log.expireMember("nobody"), /no group has the member nobody/);
  });

  test("a crashed member is told nothing, and its partitions move when its session has run out", async () => {
    const { log, clock } = await openLog(2);
    const crashed = await join(log, { sessionTimeoutMs: 10_000 });
    await clock.advance(0);
    log.crashMember(crashed.subscription);
    const heir = join(log, { sessionTimeoutMs: 60_000, drainTimeoutMs: 60_000 });
    await log.append([record("1", { partition: 0 })]);
    await clock.advance(9_999);
    assert.deepEqual([crashed.calls, crashed.batches], [["assigned order/0,order/1"], []]);
    await clock.advance(1);
    const { calls, batches } = await heir;
    assert.deepEqual(calls, ["assigned order/0,order/1"]);
    assert.equal(batches.length, 1);
    await crashed.subscription.close();
    assert.deepEqual(crashed.calls, ["assigned order/0,order/1"]);
  });

  test("a static member that comes back within its session finds its partitions, and nobody else notices", async () => {
    const { log, clock } = await openLog(4);
    const one = await join(log, { instanceId: "one" });
    const two = await join(log, { instanceId: "two" });
    await clock.advance(0);
    const held = names(one.subscription.assigned());
    const callsOfTwo = [...two.calls];
    log.crashMember(one.subscription);
    await clock.advance(5_000);
    const again = await join(log, { instanceId: "one" });
    await clock.advance(10_000);
    assert.deepEqual(names(again.subscription.assigned()), held);
    assert.deepEqual(two.calls, callsOfTwo);
  });

  test("a second living member of one name takes the first one's place, which ends with an error", async () => {
    const { log, clock } = await openLog(1);
    const first = await join(log, { instanceId: "one" });
    await clock.advance(0);
    const second = await join(log, { instanceId: "one" });
    await clock.advance(0);
    assert.deepEqual(first.calls, ["assigned order/0", "lost order/0"]);
    assert.deepEqual(
      first.errors.map((error) => error.code),
      ["LOG_MEMBER_REPLACED"],
    );
    assert.deepEqual(second.calls, ["assigned order/0"]);
    assert.equal((await log.groups())[0]?.members.length, 1);
  });

  test("a drain that takes too long loses its partitions after exactly the drain timeout", async () => {
    const { log, clock } = await openLog(2);
    const slow = await join(log, { drainTimeoutMs: 12_000, onRevoked: () => new Promise<void>(() => {}) });
    await clock.advance(0);
    const heir = join(log, { sessionTimeoutMs: 60_000 });
    await clock.advance(11_999);
    assert.equal(slow.subscription.assigned().length, 2);
    assert.equal((await log.groups())[0]?.state, "rebalancing");
    await clock.advance(1);
    const { subscription } = await heir;
    assert.equal(slow.subscription.assigned().length, 1);
    assert.equal(slow.calls.filter((call) => call.startsWith("lost")).length, 1);
    assert.equal(subscription.assigned().length, 1);
    assert.equal((await log.groups())[0]?.state, "stable");
  });

  test("a deleted topic is lost, and assigned under its new id when it is created again", async () => {
    const { log, clock } = await openLog(1);
    const { calls } = await join(log);
    await clock.advance(0);
    log.deleteTopic("order");
    await assert.rejects(log.offsets("order"), { code: "LOG_TOPIC_UNKNOWN" });
    await log.createTopics([{ name: "order", partitions: 1 }]);
    await clock.advance(0);
    assert.deepEqual(calls, ["assigned order/0", "lost order/0", "assigned order/0"]);
  });

  test("added partitions are assigned, from 0", async () => {
    const { log, clock } = await openLog(1);
    const { calls, batches } = await join(log);
    await clock.advance(0);
    log.addPartitions("order", 3);
    await log.append([record("1", { partition: 2 })]);
    await clock.advance(0);
    assert.deepEqual(calls, ["assigned order/0", "assigned order/1,order/2"]);
    assert.deepEqual(
      batches.map((batch) => [batch.partition, batch.fromOffset]),
      [[2, 0]],
    );
  });

  test("trimmed records are gone for readers, and a subscriber sees how many it missed", async () => {
    const { log, clock } = await openLog(1);
    await log.append([record("0"), record("1"), record("2")]);
    log.trim("order", 0, 2);
    log.trim("order", 0, 1);
    assert.deepEqual(await log.offsets("order"), [{ partition: 0, earliest: 2, end: 3 }]);
    const { batches } = await join(log, { onAssigned: async () => [0] });
    await clock.advance(0);
    assert.deepEqual(
      batches.map((batch) => [batch.fromOffset, batch.records[0]?.offset]),
      [[0, 2]],
    );
    log.trim("order", 0, 99);
    assert.deepEqual(await log.offsets("order"), [{ partition: 0, earliest: 3, end: 3 }]);
  });

  test("the same seed gives the same topic ids and the same partitions for records without a key", async () => {
    const run = async () => {
      const { log } = await openLog(5);
      const results = await log.append(Array.from({ length: 10 }, () => record("v", { key: null })));
      return [await log.topics(), results];
    };
    assert.deepEqual(await run(), await run());
  });
});
