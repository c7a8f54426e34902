import assert from "node:assert/strict";
import { describe } from "node:test";
import { type EventLog, isThroughlineError } from "throughline/seams";
import { allPartitions, appendAll, logTests, partitionNames, readAll, record, records, values } from "./event-log-fixture.ts";
import type { EventLogUnderTest } from "./event-log-options.ts";

export function eventLogLifecycle<Log extends EventLog>(underTest: EventLogUnderTest<Log>): void {
  const test = logTests(underTest);

  describe("features", () => {
    test("are what the suite was told", async ({ log }) => {
      assert.deepEqual(log.features, underTest.features);
      assert.ok(Number.isInteger(log.maxRecordBytes) && log.maxRecordBytes > 0);
    });
  });

  describe("close", () => {
    test("drains every subscription, commits, refuses further use, and may be called again", async ({
      log,
      topic,
      name,
      join,
      until,
    }) => {
      const [source, group] = [await topic({ partitions: 2 }), name("group")];
      await appendAll(
        log,
        [0, 1].flatMap((partition) => records(source, 1, { partition })),
      );
      const member = await join({ group, topics: [source] });
      await until("all arrived", () => member.records.length === 2);
      await Promise.all([log.close(), log.close()]);
      await log.close();
      assert.deepEqual(partitionNames(member.revoked), allPartitions(source, 2));
      assert.deepEqual(member.held(), []);

      const closed = (error: unknown) => isThroughlineError(error, "LOG_CLOSED");
      await assert.rejects(log.append([record(source, "late")]), closed);
      await assert.rejects(log.topics(), closed);
      await assert.rejects(log.createTopics([{ name: name() }]), closed);
      await assert.rejects(log.offsets(source), closed);
      await assert.rejects(log.offsetsAt(source, 0), closed);
      await assert.rejects(log.groups(), closed);
      await assert.rejects(log.committedOffsets(group), closed);
      await assert.rejects(readAll(log, { topic: source, partition: 0, fromOffset: 0 }), closed);
      await assert.rejects(join({ group, topics: [source] }), closed);
    });

    test("is what `await using` does", async ({ log }) => {
      await log[Symbol.asyncDispose]();
      await assert.rejects(log.topics(), (error) => isThroughlineError(error, "LOG_CLOSED"));
    });

    if (underTest.features.durable) {
      test(
        "loses nothing: another client finds topics, records and committed offsets",
        async ({ log, topic, name, join, until, reopen }) => {
          const [source, group] = [await topic({ partitions: 2 }), name("group")];
          await appendAll(
            log,
            [0, 1].flatMap((partition) => records(source, 3, { partition })),
          );
          const before = (await log.topics()).find((t) => t.name === source);
          const member = await join({ group, topics: [source] });
          await until("both are assigned", () => member.held().length === 2);
          member.subscription.commit({ topic: source, partition: 1 }, 2);
          await log.close();

          const again = await reopen();
          assert.deepEqual(
            (await again.topics()).find((t) => t.name === source),
            before,
          );
          assert.deepEqual(values(await readAll(again, { topic: source, partition: 0, fromOffset: 0 })), ["0", "1", "2"]);
          assert.deepEqual(await again.committedOffsets(group), [{ topic: source, partition: 1, offset: 2 }]);
          assert.deepEqual(await appendAll(again, [record(source, "3", { partition: 0 })]), [3]);
        },
        "reopen",
      );
    }
  });

  describe("an unavailable log", () => {
    test(
      "rejects with LOG_UNAVAILABLE, tells subscribers, and goes on where it stood when it is back",
      async ({ log, topic, name, join, until }) => {
        const source = await topic();
        const gate = Promise.withResolvers<void>();
        // A session that outlasts the outage: what happens to one that does not is a test of its own.
        const member = await join({
          group: name("group"),
          topics: [source],
          sessionTimeoutMs: 60_000,
          maxBatchRecords: 1,
          onBatch: () => gate.promise,
        });
        await appendAll(log, records(source, 2));
        await until("the first record arrived", () => member.records.length === 1);

        await underTest.setUnavailable!(log, true);
        const unavailable = (error: unknown) => isThroughlineError(error, "LOG_UNAVAILABLE") && error.retryable;
        await assert.rejects(log.append([record(source, "lost")]), unavailable);
        await assert.rejects(log.offsets(source), unavailable);
        await assert.rejects(readAll(log, { topic: source, partition: 0, fromOffset: 0 }), unavailable);
        await until("the subscriber was told", () => member.errors.some(unavailable));

        gate.resolve();
        await new Promise(setImmediate);
        await underTest.setUnavailable!(log, false);
        await until("the subscriber goes on", () => values(member.records).slice(0, 2).join() === "0,1");
        await until("the log takes records again", async () => {
          try {
            return (await log.append([record(source, "back")]))[0]?.ok === true;
          } catch (error) {
            assert.ok(unavailable(error), String(error));
            return false;
          }
        });
        await until("the subscriber gets what is new", () => values(member.records).includes("back"));
      },
      "setUnavailable",
    );
  });

  describe("latency", () => {
    test("a subscriber that waits at the end is woken by an append within a second", async ({
      t,
      log,
      topic,
      name,
      join,
      until,
    }) => {
      const source = await topic();
      let arrived = 0;
      let at = 0;
      const member = await join({
        group: name("group"),
        topics: [source],
        onBatch: async (batch) => {
          at = performance.now();
          arrived += batch.records.length;
        },
      });
      await until("the partition is assigned", () => member.held().length === 1);
      const took: number[] = [];
      for (let i = 1; i <= 40; i++) {
        const from = performance.now();
        await appendAll(log, [record(source, `${i}`)]);
        await until("the record arrived", () => arrived === i);
        took.push(at - from);
      }
      took.sort((a, b) => a - b);
      t.diagnostic(`append to onBatch: median ${took[20]!.toFixed(2)} ms, worst ${took.at(-1)!.toFixed(2)} ms`);
      assert.ok(took.at(-1)! < 1_000, `the slowest of 40 took ${took.at(-1)!.toFixed(0)} ms`);
    });
  });
}
