import assert from "node:assert/strict";
import { describe } from "node:test";
import { type EventLog, isThroughlineError } from "throughline/seams";
import { appendAll, bytes, logTests, readAll, record, records, values } from "./event-log-fixture.ts";
import type { EventLogUnderTest } from "./event-log-options.ts";

export function eventLogReads<Log extends EventLog>(underTest: EventLogUnderTest<Log>): void {
  const test = logTests(underTest);

  describe("read", () => {
    test("yields the range from its first offset up to the one before its last", async ({ log, topic }) => {
      const name = await topic();
      await appendAll(log, records(name, 20));
      assert.deepEqual(values(await readAll(log, { topic: name, partition: 0, fromOffset: 5, toOffset: 8 })), ["5", "6", "7"]);
      assert.deepEqual(values(await readAll(log, { topic: name, partition: 0, fromOffset: 18 })), ["18", "19"]);
      assert.deepEqual(values(await readAll(log, { topic: name, partition: 0, fromOffset: 18, toOffset: 1_000 })), ["18", "19"]);
      assert.deepEqual(await readAll(log, { topic: name, partition: 0, fromOffset: 8, toOffset: 8 }), []);
      assert.deepEqual(await readAll(log, { topic: name, partition: 0, fromOffset: 20 }), []);
    });

    test("says of each record where it stands", async ({ log, topic }) => {
      const name = await topic({ partitions: 2 });
      await appendAll(log, [record(name, "v", { partition: 1, key: bytes("k") })]);
      const [read] = await readAll(log, { topic: name, partition: 1, fromOffset: 0 });
      const id = (await log.topics()).find((t) => t.name === name)?.id;
      assert.deepEqual([read?.topic, read?.topicId, read?.partition, read?.offset], [name, id, 1, 0]);
      assert.deepEqual(await readAll(log, { topic: name, partition: 0, fromOffset: 0 }), []);
    });

    test("yields batches in order, none empty and none larger than asked for", async ({ log, topic }) => {
      const name = await topic();
      await appendAll(log, records(name, 25));
      const offsets: number[] = [];
      for await (const batch of log.read({ topic: name, partition: 0, fromOffset: 0, maxBatchRecords: 10 })) {
        assert.ok(batch.length > 0 && batch.length <= 10, `a batch of ${batch.length} records`);
        offsets.push(...batch.map((r) => r.offset));
      }
      assert.deepEqual(
        offsets,
        Array.from({ length: 25 }, (_, i) => i),
      );
    });

    test("ends at the end that the partition had when it was called", async ({ log, topic }) => {
      const name = await topic();
      await appendAll(log, records(name, 4));
      const seen: (string | null)[] = [];
      for await (const batch of log.read({ topic: name, partition: 0, fromOffset: 0, maxBatchRecords: 2 })) {
        seen.push(...values(batch));
        if (seen.length < 10) await appendAll(log, [record(name, "later")]);
      }
      assert.deepEqual(seen, ["0", "1", "2", "3"]);
    });

    test("starts at the earliest offset when it is asked for an earlier one", async ({ log, topic }) => {
      const name = await topic();
      await appendAll(log, records(name, 3));
      assert.deepEqual(values(await readAll(log, { topic: name, partition: 0, fromOffset: -5 })), ["0", "1", "2"]);
    });

    test("rejects with the signal's reason once it is aborted", async ({ log, topic }) => {
      const name = await topic();
      await appendAll(log, records(name, 10));
      const abort = new AbortController();
      const reason = new Error("enough");
      const seen: (string | null)[] = [];
      const reading = async () => {
        for await (const batch of log.read({
          topic: name,
          partition: 0,
          fromOffset: 0,
          maxBatchRecords: 2,
          signal: abort.signal,
        })) {
          seen.push(...values(batch));
          if (seen.length === 4) abort.abort(reason);
        }
      };
      await assert.rejects(reading(), (error) => error === reason);
      assert.deepEqual(seen, ["0", "1", "2", "3"]);
      await assert.rejects(
        readAll(log, { topic: name, partition: 0, fromOffset: 0, signal: abort.signal }),
        (error) => error === reason,
      );
    });

    test("can be left in the middle", async ({ log, topic }) => {
      const name = await topic();
      await appendAll(log, records(name, 10));
      for await (const batch of log.read({ topic: name, partition: 0, fromOffset: 0, maxBatchRecords: 3 })) {
        assert.deepEqual(values(batch), ["0", "1", "2"]);
        break;
      }
      assert.equal((await readAll(log, { topic: name, partition: 0, fromOffset: 0 })).length, 10);
    });

    test("rejects for a topic or a partition that does not exist", async ({ log, topic, name }) => {
      const known = await topic();
      const unknown = (error: unknown) => isThroughlineError(error, "LOG_TOPIC_UNKNOWN");
      await assert.rejects(readAll(log, { topic: name("missing"), partition: 0, fromOffset: 0 }), unknown);
      await assert.rejects(readAll(log, { topic: known, partition: 7, fromOffset: 0 }), unknown);
      await assert.rejects(log.offsets(name("missing")), unknown);
      await assert.rejects(log.offsetsAt(name("missing"), 0), unknown);
    });
  });

  describe("offsets", () => {
    test("tell the earliest and the end of each partition", async ({ log, topic }) => {
      const name = await topic({ partitions: 3 });
      assert.deepEqual(
        await log.offsets(name),
        [0, 1, 2].map((partition) => ({ partition, earliest: 0, end: 0 })),
      );
      await appendAll(log, [...records(name, 3, { partition: 0 }), ...records(name, 1, { partition: 2 })]);
      assert.deepEqual(await log.offsets(name), [
        { partition: 0, earliest: 0, end: 3 },
        { partition: 1, earliest: 0, end: 0 },
        { partition: 2, earliest: 0, end: 1 },
      ]);
    });

    test("are found by time: the first record at or after it, or the end", async ({ log, topic }) => {
      const name = await topic({ partitions: 2 });
      const base = 1_700_000_000_000;
      await appendAll(
        log,
        [100, 300, 200, 400].map((ms) => record(name, `${ms}`, { partition: 0, timestampMs: base + ms })),
      );
      const at = async (ms: number) => (await log.offsetsAt(name, base + ms)).map((found) => found.offset);
      assert.deepEqual(await log.offsetsAt(name, base), [
        { partition: 0, offset: 0 },
        { partition: 1, offset: 0 },
      ]);
      assert.deepEqual(await at(100), [0, 0]);
      assert.deepEqual(await at(150), [1, 0]);
      assert.deepEqual(await at(250), [1, 0]);
      assert.deepEqual(await at(301), [3, 0]);
      assert.deepEqual(await at(401), [4, 0]);
    });
  });
}
