import assert from "node:assert/strict";
import { describe } from "node:test";
import type { EventLog } from "throughline/seams";
import { appendAll, bytes, logTests, readAll, record, records, values } from "./event-log-fixture.ts";
import type { EventLogUnderTest } from "./event-log-options.ts";

export function eventLogTopics<Log extends EventLog>(underTest: EventLogUnderTest<Log>): void {
  const test = logTests(underTest);

  describe("topics", () => {
    test("are created with the partitions asked for, and listed with an id", async ({ log, name }) => {
      const [plain, compacted] = [name(), name()];
      await log.createTopics([
        { name: plain, partitions: 4 },
        { name: compacted, partitions: 1, compacted: true },
      ]);
      const [first, second] = [plain, compacted].map((wanted) => log.topics().then((all) => all.find((t) => t.name === wanted)));
      const [a, b] = [await first, await second];
      assert.deepEqual([a?.partitions, a?.compacted, b?.partitions, b?.compacted], [4, false, 1, true]);
      assert.ok(a?.id && b?.id && a.id !== b.id);
    });

    test("tell how long they keep records, and how large a partition may grow; null: without limit", async ({ log, name }) => {
      const [bounded, unbounded] = [name(), name()];
      await log.createTopics([{ name: bounded, retentionMs: 3_600_000, retentionBytes: 1_000_000 }, { name: unbounded }]);
      const limits = new Map((await log.topics()).map((t) => [t.name, [t.retentionMs, t.retentionBytes]]));
      assert.deepEqual(
        [limits.get(bounded), limits.get(unbounded)],
        [
          [3_600_000, 1_000_000],
          [null, null],
        ],
      );
    });

    test("get at least one partition when no number is given", async ({ log, name }) => {
      const created = name();
      await log.createTopics([{ name: created }]);
      assert.ok((await log.offsets(created)).length >= 1);
    });

    test("are left as they are when they are created again", async ({ log, topic }) => {
      const existing = await topic({ partitions: 2 });
      await appendAll(log, [record(existing, "kept", { partition: 1 })]);
      const before = (await log.topics()).find((t) => t.name === existing);
      await log.createTopics([{ name: existing, partitions: 5, compacted: true }]);
      assert.deepEqual(
        (await log.topics()).find((t) => t.name === existing),
        before,
      );
      assert.deepEqual(values(await readAll(log, { topic: existing, partition: 1, fromOffset: 0 })), ["kept"]);
    });

    test("are created once by many concurrent callers", async ({ log, name }) => {
      const wanted = [name(), name(), name()];
      await Promise.all(Array.from({ length: 8 }, () => log.createTopics(wanted.map((n) => ({ name: n, partitions: 3 })))));
      const found = (await log.topics()).filter((t) => wanted.includes(t.name));
      assert.deepEqual(found.map((t) => t.name).sort(), wanted.sort());
      assert.deepEqual(
        found.map((t) => t.partitions),
        [3, 3, 3],
      );
    });

    test(
      "are created once by several clients, and seen by all of them",
      async ({ log, name, reopen }) => {
        const clients = [log, await reopen(), await reopen()];
        const wanted = name();
        await Promise.all(clients.map((client) => client.createTopics([{ name: wanted, partitions: 2 }])));
        const ids = await Promise.all(
          clients.map(async (client) => (await client.topics()).filter((t) => t.name === wanted).map((t) => t.id)),
        );
        assert.equal(ids[0]?.length, 1);
        for (const seen of ids) assert.deepEqual(seen, ids[0]);
        await Promise.all(clients.map((client, i) => appendAll(client, [record(wanted, `${i}`, { partition: 0 })])));
        assert.deepEqual(
          new Set(values(await readAll(log, { topic: wanted, partition: 0, fromOffset: 0 }))),
          new Set(["0", "1", "2"]),
        );
      },
      "reopen",
    );

    test(
      "that are compacted keep the newest record of each key at its offset",
      async ({ log, topic, name, join, until }) => {
        const compacted = await topic({ partitions: 1, compacted: true });
        await appendAll(
          log,
          ["a", "b", "a", "c", "b", "a"].map((key, i) => record(compacted, `${i}`, { key: bytes(key) })),
        );
        const closing = (await underTest.compact!(log, compacted)) ?? 0;
        const read = await readAll(log, { topic: compacted, partition: 0, fromOffset: 0, toOffset: 6 });
        assert.deepEqual(
          read.map((r) => [r.offset, values([r])[0]]),
          [
            [3, "3"],
            [4, "4"],
            [5, "5"],
          ],
        );
        assert.deepEqual(
          (await readAll(log, { topic: compacted, partition: 0, fromOffset: 1, toOffset: 5, maxBatchRecords: 1 })).map(
            (r) => r.offset,
          ),
          [3, 4],
        );
        const member = await join({ group: name("group"), topics: [compacted], onAssigned: async () => [1], maxBatchRecords: 2 });
        await until("the rest arrived", () => member.records.length === 3 + closing);
        assert.deepEqual(
          member.batches.slice(0, 2).map((b) => [b.fromOffset, Math.min(b.nextOffset, 6)]),
          [
            [1, 5],
            [5, 6],
          ],
        );
        assert.deepEqual(await appendAll(log, [record(compacted, "6")]), [6 + closing]);
      },
      "compact",
    );

    test(
      "have another id, no records and no committed offsets after they were deleted and created again",
      async ({ log, topic, name, join, until }) => {
        const [recreated, group] = [await topic({ partitions: 1 }), name("group")];
        await appendAll(log, records(recreated, 3));
        const member = await join({ group, topics: [recreated] });
        await until("the records arrived", () => member.records.length === 3);
        member.subscription.commit({ topic: recreated, partition: 0 }, 3);
        await member.subscription.flush();
        await member.subscription.close();
        const before = (await log.topics()).find((t) => t.name === recreated);

        await underTest.deleteTopic!(log, recreated);
        await until("the topic is gone", async () => !(await log.topics()).some((t) => t.name === recreated));
        await log.createTopics([{ name: recreated, partitions: 1 }]);
        const after = (await log.topics()).find((t) => t.name === recreated);
        assert.ok(after !== undefined && after.id !== before?.id);
        assert.deepEqual(await log.offsets(recreated), [{ partition: 0, earliest: 0, end: 0 }]);

        assert.deepEqual(await log.committedOffsets(group), []);

        const again = await join({ group, topics: [recreated] });
        await until("the new topic is assigned", () => again.assigned.length === 1);
        assert.deepEqual([again.assigned[0]?.topicId, again.assigned[0]?.committedOffset], [after.id, null]);
      },
      "deleteTopic",
    );

    test(
      "that are deleted are taken from their members, which get them again when they are created again",
      async ({ log, topic, name, join, until }) => {
        const deleted = await topic({ partitions: 2 });
        const member = await join({ group: name("group"), topics: [deleted] });
        await until("both partitions are assigned", () => member.held().length === 2);
        await underTest.deleteTopic!(log, deleted);
        await until("nothing is held", () => member.held().length === 0);
        assert.equal(member.lost.length + member.revoked.length, 2);
        await log.createTopics([{ name: deleted, partitions: 1 }]);
        await appendAll(log, [record(deleted, "new")]);
        await until("the new topic's record arrived", () => member.records.length === 1);
        assert.notEqual(member.assigned[2]?.topicId, member.assigned[0]?.topicId);
        assert.equal(member.records[0]?.topicId, member.assigned[2]?.topicId);
      },
      "deleteTopic",
    );
  });

  if (underTest.features.retention) {
    describe("retention", () => {
      test("removes the oldest records and moves the earliest offset, and nothing else", async ({ log, topic, until }) => {
        const name = await topic({ partitions: 1, retentionMs: 3_600_000 });
        await appendAll(log, records(name, 3, { timestampMs: Date.now() - 7_200_000 }));
        await appendAll(log, records(name, 2));
        await until("the old records are gone", async () => {
          await underTest.enforceRetention?.(log, name);
          return (await log.offsets(name))[0]?.earliest === 3;
        });
        assert.deepEqual(await log.offsets(name), [{ partition: 0, earliest: 3, end: 5 }]);
        assert.deepEqual(
          (await readAll(log, { topic: name, partition: 0, fromOffset: 0 })).map((r) => r.offset),
          [3, 4],
        );
        assert.deepEqual(await log.offsetsAt(name, 0), [{ partition: 0, offset: 3 }]);
        assert.deepEqual(await appendAll(log, [record(name, "next")]), [5]);
      });

      test("removes the oldest records of a partition that is too large", async ({ log, topic, until }) => {
        const name = await topic({ partitions: 1, retentionBytes: 50_000 });
        for (let i = 0; i < 20; i++) await appendAll(log, [record(name, "", { value: new Uint8Array(10_000) })]);
        await until("the partition shrank", async () => {
          await underTest.enforceRetention?.(log, name);
          return (await log.offsets(name))[0]!.earliest > 0;
        });
        await until("what is read begins at the earliest offset, though more may be removed meanwhile", async () => {
          const read = await readAll(log, { topic: name, partition: 0, fromOffset: 0 });
          const [offsets] = await log.offsets(name);
          assert.deepEqual([read.at(-1)?.offset, offsets?.end], [19, 20]);
          return read[0]?.offset === offsets?.earliest;
        });
      });

      test("shows a subscriber which records it did not get", async ({ log, topic, name, join, until }) => {
        const lossy = await topic({ partitions: 1, retentionMs: 3_600_000 });
        await appendAll(log, records(lossy, 3, { timestampMs: Date.now() - 7_200_000 }));
        await appendAll(log, [record(lossy, "left", { key: bytes("left") })]);
        await until("the old records are gone", async () => {
          await underTest.enforceRetention?.(log, lossy);
          return (await log.offsets(lossy))[0]?.earliest === 3;
        });
        const member = await join({ group: name("group"), topics: [lossy], onAssigned: async () => [1] });
        await until("the record that is left arrived", () => member.records.length === 1);
        const [batch] = member.batches;
        assert.deepEqual(
          [member.assigned[0]?.earliestOffset, batch?.fromOffset, batch?.records[0]?.offset, batch?.nextOffset],
          [3, 1, 3, 4],
        );
      });
    });
  }
}
