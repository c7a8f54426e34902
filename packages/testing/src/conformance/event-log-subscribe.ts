import assert from "node:assert/strict";
import { describe } from "node:test";
import { type EventLog, isThroughlineError } from "throughline/seams";
import { allPartitions, appendAll, bytes, logTests, record, records, text, values } from "./event-log-fixture.ts";
import type { EventLogUnderTest } from "./event-log-options.ts";

export function eventLogSubscriptions<Log extends EventLog>(underTest: EventLogUnderTest<Log>): void {
  const test = logTests(underTest);

  describe("subscribe", () => {
    test("delivers what is there and what comes, in order, and says where each batch stands", async ({
      log,
      topic,
      name,
      join,
      until,
    }) => {
      const source = await topic();
      await appendAll(log, records(source, 10));
      const member = await join({ group: name("group"), topics: [source], maxBatchRecords: 4 });
      await until("the first ten arrived", () => member.records.length === 10);
      await appendAll(log, [record(source, "10"), record(source, "11")]);
      await until("the last two arrived", () => member.records.length === 12);

      assert.deepEqual(
        values(member.records),
        Array.from({ length: 12 }, (_, i) => `${i}`),
      );
      let next = 0;
      for (const batch of member.batches) {
        assert.ok(batch.records.length >= 1 && batch.records.length <= 4, `a batch of ${batch.records.length}`);
        assert.deepEqual([batch.topic, batch.partition, batch.topicId], [source, 0, member.assigned[0]?.topicId]);
        assert.equal(batch.fromOffset, next);
        assert.deepEqual(
          batch.records.map((r) => r.offset),
          batch.records.map((_, i) => next + i),
        );
        next += batch.records.length;
        assert.equal(batch.nextOffset, next);
        assert.ok(batch.endOffset >= batch.nextOffset);
      }
      assert.deepEqual(member.errors, []);
    });

    test("delivers records as they were appended", async ({ log, topic, name, join, until }) => {
      const source = await topic();
      await appendAll(log, [
        record(source, "", {
          key: null,
          value: null,
          headers: [
            ["h", null],
            ["h", bytes("1")],
          ],
          timestampMs: 1_600_000_000_000,
        }),
      ]);
      const member = await join({ group: name("group"), topics: [source] });
      await until("the record arrived", () => member.records.length === 1);
      const [read] = member.records;
      assert.deepEqual([read?.key, read?.value, read?.timestampMs], [null, null, 1_600_000_000_000]);
      assert.deepEqual(
        read?.headers.map(([header, value]) => [header, text(value)]),
        [
          ["h", null],
          ["h", "1"],
        ],
      );
    });

    test("tells where each assigned partition begins and ends, and what was committed", async ({
      log,
      topic,
      name,
      join,
      until,
    }) => {
      const source = await topic({ partitions: 2 });
      await appendAll(log, records(source, 3, { partition: 1 }));
      const member = await join({ group: name("group"), topics: [source] });
      await until("both partitions are assigned", () => member.assigned.length === 2);
      const id = (await log.topics()).find((t) => t.name === source)?.id;
      assert.deepEqual(
        [...member.assigned].sort((a, b) => a.partition - b.partition),
        [
          { topic: source, partition: 0, topicId: id, earliestOffset: 0, endOffset: 0, committedOffset: null },
          { topic: source, partition: 1, topicId: id, earliestOffset: 0, endOffset: 3, committedOffset: null },
        ],
      );
      assert.deepEqual(member.held(), allPartitions(source, 2));
    });

    test("reads each partition from the offset that onAssigned answers", async ({ log, topic, name, join, until }) => {
      const source = await topic({ partitions: 2 });
      await appendAll(
        log,
        [0, 1].flatMap((partition) => records(source, 5, { partition })),
      );
      const member = await join({
        group: name("group"),
        topics: [source],
        onAssigned: async (partitions) => partitions.map((p) => (p.partition === 0 ? 2 : 4)),
      });
      await until("four records arrived", () => member.records.length === 4);
      assert.deepEqual(values(member.records.filter((r) => r.partition === 0)), ["2", "3", "4"]);
      assert.deepEqual(values(member.records.filter((r) => r.partition === 1)), ["4"]);
    });

    test("delivers nothing of a partition before onAssigned settled", async ({ log, topic, name, join, until }) => {
      const source = await topic();
      await appendAll(log, records(source, 2));
      const gate = Promise.withResolvers<void>();
      let settled = false;
      let early = false;
      const member = await join({
        group: name("group"),
        topics: [source],
        onAssigned: async (partitions) => {
          await gate.promise;
          settled = true;
          return partitions.map(() => 0);
        },
        onBatch: async () => {
          early ||= !settled;
        },
      });
      await until("the partition is assigned", () => member.assigned.length === 1);
      member.subscription.seek({ topic: source, partition: 0 }, 0);
      await appendAll(log, [record(source, "2")]);
      await until("the log shows the record", async () => (await log.offsets(source))[0]?.end === 3);
      gate.resolve();
      await until("all arrived", () => member.records.length === 3);
      assert.equal(early, false);
    });

    test("leaves a partition unread that onAssigned answers null for, until it is sought", async ({
      log,
      topic,
      name,
      join,
      until,
    }) => {
      const source = await topic({ partitions: 2 });
      await appendAll(
        log,
        [0, 1].flatMap((partition) => records(source, 3, { partition })),
      );
      const member = await join({
        group: name("group"),
        topics: [source],
        onAssigned: async (partitions) => partitions.map((p) => (p.partition === 0 ? null : 0)),
      });
      await until("the other partition was read", () => member.records.length === 3);
      await appendAll(log, [record(source, "3", { partition: 0 }), record(source, "3", { partition: 1 })]);
      await until("the other partition was read on", () => member.records.length === 4);
      assert.ok(member.records.every((r) => r.partition === 1));
      member.subscription.seek({ topic: source, partition: 0 }, 1);
      await until("the sought partition was read", () => member.records.length === 7);
      assert.deepEqual(values(member.records.filter((r) => r.partition === 0)), ["1", "2", "3"]);
    });

    test("waits for a topic that does not exist yet", async ({ log, topic, name, join, until }) => {
      const [existing, later] = [await topic(), name()];
      const member = await join({ group: name("group"), topics: [existing, later] });
      await until("the existing topic is assigned", () => member.assigned.length === 1);
      await log.createTopics([{ name: later, partitions: 1 }]);
      await appendAll(log, [record(later, "late")]);
      await until("the later topic's record arrived", () => member.records.length === 1);
      assert.deepEqual(member.held(), [`${existing}/0`, `${later}/0`].sort());
    });

    test("gives two groups all records each", async ({ log, topic, name, join, until }) => {
      const source = await topic({ partitions: 3 });
      const [a, b] = [
        await join({ group: name("group"), topics: [source] }),
        await join({ group: name("group"), topics: [source] }),
      ];
      await appendAll(
        log,
        Array.from({ length: 30 }, (_, i) => record(source, `${i}`, { key: bytes(`${i}`) })),
      );
      await until("both groups have all", () => a.records.length === 30 && b.records.length === 30);
    });

    test("holds one batch of a partition in flight, while other partitions go on", async ({ log, topic, name, join, until }) => {
      const source = await topic({ partitions: 2 });
      const gate = Promise.withResolvers<void>();
      let inFlight = 0;
      let most = 0;
      const member = await join({
        group: name("group"),
        topics: [source],
        maxBatchRecords: 1,
        onBatch: async (batch) => {
          if (batch.partition === 1) return;
          most = Math.max(most, ++inFlight);
          await gate.promise;
          inFlight--;
        },
      });
      await appendAll(
        log,
        [0, 1].flatMap((partition) => records(source, 5, { partition })),
      );
      await until(
        "the other partition was read, and this one has begun",
        () => member.records.filter((r) => r.partition === 1).length === 5 && inFlight === 1,
      );
      await appendAll(log, [record(source, "5", { partition: 0 }), record(source, "5", { partition: 1 })]);
      await until("the other partition was read on", () => member.records.filter((r) => r.partition === 1).length === 6);
      assert.deepEqual(values(member.records.filter((r) => r.partition === 0)), ["0"]);
      gate.resolve();
      await until("the rest arrived", () => member.records.length === 12);
      assert.equal(most, 1);
    });

    test("ends with the error of an onBatch that rejects, and lets another member go on", async ({
      log,
      topic,
      name,
      join,
      until,
    }) => {
      const [source, group] = [await topic(), name("group")];
      const failure = new Error("the handler broke its promise");
      const member = await join({ group, topics: [source], onBatch: async () => Promise.reject(failure) });
      await appendAll(log, records(source, 1));
      await until("the error was told", () => member.errors.includes(failure));
      await until("nothing is held any more", () => member.held().length === 0);
      const other = await join({ group, topics: [source] });
      await until("the other member got the record", () => other.records.length === 1);
      assert.equal(member.batches.length, 1);
    });
  });

  describe("pause, resume and seek", () => {
    test("a paused partition delivers nothing until it is resumed, and others go on", async ({
      log,
      topic,
      name,
      join,
      until,
    }) => {
      const source = await topic({ partitions: 3 });
      const [first, second] = [0, 1].map((partition) => ({ topic: source, partition }));
      const member = await join({ group: name("group"), topics: [source] });
      await until("all partitions are assigned", () => member.held().length === 3);
      member.subscription.pause([first!, second!]);
      await appendAll(
        log,
        [0, 1, 2].flatMap((partition) => records(source, 2, { partition })),
      );
      await until("the third partition was read", () => member.records.length === 2);
      member.subscription.resume([second!]);
      await until("the second partition was read", () => member.records.length === 4);
      await appendAll(log, records(source, 1, { partition: 2 }));
      await until("the third partition was read on", () => member.records.length === 5);
      assert.ok(member.records.every((r) => r.partition !== 0));
      member.subscription.resume([first!]);
      await until("the first partition was read", () => member.records.length === 7);
      assert.deepEqual(values(member.records.slice(5)), ["0", "1"]);
    });

    test("seek moves the next batch, back and forth, also from within onBatch", async ({ log, topic, name, join, until }) => {
      const source = await topic();
      await appendAll(log, records(source, 6));
      let sought = false;
      const member = await join({
        group: name("group"),
        topics: [source],
        maxBatchRecords: 2,
        onBatch: async (batch) => {
          if (sought) return;
          sought = true;
          await Promise.resolve();
          member.subscription.seek(batch, 4);
        },
        onAssigned: async (partitions) => partitions.map(() => null),
      });
      await until("the partition is assigned", () => member.held().length === 1);
      const partition = { topic: source, partition: 0 };
      member.subscription.seek(partition, 0);
      await until("the batch after the seek arrived", () => member.records.length >= 4);
      assert.deepEqual(values(member.records), ["0", "1", "4", "5"]);
      member.subscription.seek(partition, 3);
      await until("it was read again from 3", () => member.records.length >= 7);
      assert.deepEqual(values(member.records).slice(4), ["3", "4", "5"]);
    });

    test("an offset beyond the end is an error, and nothing is delivered until a seek to one that exists", async ({
      log,
      topic,
      name,
      join,
      until,
    }) => {
      const source = await topic();
      await appendAll(log, records(source, 3));
      const member = await join({ group: name("group"), topics: [source], onAssigned: async () => [50] });
      await until("the error was told", () =>
        member.errors.some((error) => isThroughlineError(error, "LOG_OFFSET_OUT_OF_RANGE")),
      );
      member.subscription.seek({ topic: source, partition: 0 }, 2);
      await until("the last record arrived", () => member.records.length >= 1);
      assert.deepEqual(values(member.records), ["2"]);
    });

    test("do nothing for a partition that is not held", async ({ log, topic, name, join, until }) => {
      const [source, other] = [await topic(), await topic()];
      const member = await join({ group: name("group"), topics: [source] });
      await until("the partition is assigned", () => member.held().length === 1);
      const foreign = { topic: other, partition: 0 };
      member.subscription.pause([foreign]);
      member.subscription.resume([foreign]);
      member.subscription.seek(foreign, 0);
      await appendAll(log, [record(other, "foreign"), record(source, "own")]);
      await until("the own record arrived", () => member.records.length === 1);
      assert.deepEqual(values(member.records), ["own"]);
    });
  });

  describe("commit", () => {
    test("is written by flush, the last one noted for each partition", async ({ log, topic, name, join, until }) => {
      const [source, group] = [await topic({ partitions: 2 }), name("group")];
      await appendAll(
        log,
        [0, 1].flatMap((partition) => records(source, 10, { partition })),
      );
      const member = await join({ group, topics: [source] });
      await until("all arrived", () => member.records.length === 20);
      for (let offset = 1; offset <= 10; offset++) member.subscription.commit({ topic: source, partition: 0 }, offset);
      member.subscription.commit({ topic: source, partition: 1 }, 4);
      await member.subscription.flush();
      const committed = await log.committedOffsets(group);
      assert.deepEqual(
        [...committed].sort((a, b) => a.partition - b.partition),
        [
          { topic: source, partition: 0, offset: 10 },
          { topic: source, partition: 1, offset: 4 },
        ],
      );
    });

    test("is written soon without a flush", async ({ log, topic, name, join, until }) => {
      const [source, group] = [await topic(), name("group")];
      await appendAll(log, records(source, 1));
      const member = await join({
        group,
        topics: [source],
        onBatch: async (batch) => member.subscription.commit(batch, batch.nextOffset),
        onAssigned: async (partitions) => partitions.map(() => null),
      });
      await until("the partition is assigned", () => member.held().length === 1);
      member.subscription.seek({ topic: source, partition: 0 }, 0);
      await until("the offset is committed", async () => (await log.committedOffsets(group))[0]?.offset === 1);
    });

    test("is where the next member starts that asks for it", async ({ log, topic, name, join, until }) => {
      const [source, group] = [await topic(), name("group")];
      await appendAll(log, records(source, 5));
      const first = await join({ group, topics: [source] });
      await until("all arrived", () => first.records.length === 5);
      first.subscription.commit({ topic: source, partition: 0 }, 3);
      await first.subscription.close();
      const second = await join({ group, topics: [source] });
      await until("the rest arrived", () => second.records.length === 2);
      assert.equal(second.assigned[0]?.committedOffset, 3);
      assert.deepEqual(values(second.records), ["3", "4"]);
    });

    test("may move back", async ({ log, topic, name, join, until }) => {
      const [source, group] = [await topic(), name("group")];
      const member = await join({ group, topics: [source] });
      await until("the partition is assigned", () => member.held().length === 1);
      await appendAll(log, records(source, 5));
      for (const offset of [5, 2]) {
        member.subscription.commit({ topic: source, partition: 0 }, offset);
        await member.subscription.flush();
        assert.deepEqual(await log.committedOffsets(group), [{ topic: source, partition: 0, offset }]);
      }
    });

    test("moves nothing that this member does not hold", async ({ log, topic, name, join, until }) => {
      const [source, other, group] = [await topic(), await topic(), name("group")];
      const member = await join({ group, topics: [source] });
      await until("the partition is assigned", () => member.held().length === 1);
      member.subscription.commit({ topic: other, partition: 0 }, 0);
      member.subscription.commit({ topic: source, partition: 9 }, 0);
      await member.subscription.flush();
      assert.deepEqual(await log.committedOffsets(group), []);
    });

    test("is nothing for a group that does not exist", async ({ log, name }) => {
      assert.deepEqual(await log.committedOffsets(name("group")), []);
    });
  });
}
