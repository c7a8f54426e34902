import assert from "node:assert/strict";
import { describe } from "node:test";
import { type EventLog, type Header, type NewRecord, partitionForKey, recordBytes } from "throughline/seams";
import { appendAll, bytes, logTests, readAll, record, records, text, values } from "./event-log-fixture.ts";
import type { EventLogUnderTest } from "./event-log-options.ts";

export function eventLogAppends<Log extends EventLog>(underTest: EventLogUnderTest<Log>): void {
  const test = logTests(underTest);

  describe("append", () => {
    test("answers with one result for each record, in the order given", async ({ log, topic }) => {
      const [a, b] = [await topic({ partitions: 3 }), await topic()];
      const results = await log.append([
        record(a, "a0", { partition: 2 }),
        record(b, "b0"),
        record(a, "a1", { partition: 0 }),
        record(a, "a2", { partition: 2 }),
        record(b, "b1"),
      ]);
      assert.deepEqual(results, [
        { ok: true, partition: 2, offset: 0 },
        { ok: true, partition: 0, offset: 0 },
        { ok: true, partition: 0, offset: 0 },
        { ok: true, partition: 2, offset: 1 },
        { ok: true, partition: 0, offset: 1 },
      ]);
      assert.deepEqual(values(await readAll(log, { topic: a, partition: 2, fromOffset: 0 })), ["a0", "a2"]);
      assert.deepEqual(values(await readAll(log, { topic: b, partition: 0, fromOffset: 0 })), ["b0", "b1"]);
    });

    test("answers with nothing for no records", async ({ log }) => {
      assert.deepEqual(await log.append([]), []);
    });

    test("puts a key into the partition that murmur2 says", async ({ log, topic }) => {
      const name = await topic({ partitions: 5 });
      const keys = [
        ...Array.from({ length: 40 }, (_, i) => bytes(`order-${i}`)),
        new Uint8Array(0),
        new Uint8Array([0, 255, 128, 7, 254]),
      ];
      const results = await log.append(keys.map((key) => record(name, "v", { key })));
      assert.deepEqual(
        results.map((result) => result.ok && result.partition),
        keys.map((key) => partitionForKey(key, 5)),
      );
    });

    test("spreads records without a key", async ({ log, topic }) => {
      const name = await topic({ partitions: 3 });
      const partitions = new Set<number>();
      for (let i = 0; i < 60; i++) {
        const [result] = await log.append([record(name, "v", { key: null })]);
        assert.ok(result?.ok);
        partitions.add(result.partition);
      }
      assert.ok(partitions.size > 1, `60 records without a key all went into partition ${[...partitions].join()}`);
    });

    test("keeps keys, values and headers byte for byte", async ({ log, topic }) => {
      const name = await topic();
      const binary = Uint8Array.from({ length: 256 }, (_, i) => i);
      const headers: Header[] = [
        ["same", bytes("1")],
        ["other", binary],
        ["same", bytes("2")],
        ["null", null],
        ["empty", new Uint8Array(0)],
        ["", bytes("no name")],
        ["grüße-🚚", bytes("ü")],
        ["same", bytes("1")],
      ];
      const written: NewRecord[] = [
        record(name, "text", { headers }),
        record(name, "", { key: binary, value: binary }),
        record(name, "", { key: new Uint8Array(0), value: new Uint8Array(0) }),
        record(name, "", { key: null, value: null }),
        record(name, "", { key: bytes("tombstone"), value: null }),
        record(name, "", { key: binary.subarray(10, 20), value: binary.subarray(250) }),
      ];
      await appendAll(log, written);
      const read = await readAll(log, { topic: name, partition: 0, fromOffset: 0 });
      assert.deepEqual(read.map(contents), written.map(contents));
    });

    test("keeps the timestamp it is given, and otherwise takes the time of the append", async ({ log, topic }) => {
      const name = await topic();
      const before = Date.now();
      await appendAll(log, [record(name, "old", { timestampMs: 1_234_567_890_123 }), record(name, "now")]);
      const [old, now] = await readAll(log, { topic: name, partition: 0, fromOffset: 0 });
      assert.equal(old?.timestampMs, 1_234_567_890_123);
      assert.ok(now !== undefined && Math.abs(now.timestampMs - before) < 10_000, `${now?.timestampMs} is not about ${before}`);
    });

    test("takes a record of exactly the size limit, and refuses one that is a byte larger", async ({ log, topic }) => {
      const name = await topic();
      const headers: Header[] = [["näme", bytes("value")]];
      const around = recordBytes(record(name, "", { headers }));
      const exact = record(name, "", { headers, value: new Uint8Array(log.maxRecordBytes - around) });
      const larger = record(name, "", { headers, value: new Uint8Array(log.maxRecordBytes - around + 1) });
      const [taken] = await log.append([exact]);
      const [refused] = await log.append([larger]);
      assert.ok(taken?.ok);
      assert.ok(refused !== undefined && !refused.ok);
      assert.equal(refused.error.code, "LOG_RECORD_TOO_LARGE");
      assert.equal(refused.error.retryable, false);
      assert.equal((await readAll(log, { topic: name, partition: 0, fromOffset: 0 })).length, 1);
    });

    test("refuses with a refused record only what follows it of the same key", async ({ log, topic }) => {
      const name = await topic();
      const large = new Uint8Array(log.maxRecordBytes + 1);
      const [a, b] = [bytes("a"), bytes("b")];
      const results = await log.append([
        record(name, "a1", { key: a }),
        record(name, "b1", { key: b }),
        record(name, "a2", { key: a, value: large }),
        record(name, "b2", { key: b }),
        record(name, "a3", { key: a }),
        record(name, "b3", { key: b }),
        record(name, "a4", { key: a }),
      ]);
      assert.deepEqual(
        results.map((result) => (result.ok ? "taken" : `${result.error.code} ${result.error.retryable}`)),
        ["taken", "taken", "LOG_RECORD_TOO_LARGE false", "taken", "LOG_RECORD_SKIPPED true", "taken", "LOG_RECORD_SKIPPED true"],
      );
      assert.deepEqual(values(await readAll(log, { topic: name, partition: 0, fromOffset: 0 })), ["a1", "b1", "b2", "b3"]);
    });

    test("takes a key again in the next call after one of its records was refused", async ({ log, topic }) => {
      const name = await topic();
      await log.append([record(name, "", { value: new Uint8Array(log.maxRecordBytes + 1) })]);
      assert.deepEqual(await appendAll(log, [record(name, "next")]), [0]);
    });

    test("keeps a refused record's key in one partition apart from the same key in another", async ({ log, topic }) => {
      const name = await topic({ partitions: 2 });
      const results = await log.append([
        record(name, "", { partition: 0, value: new Uint8Array(log.maxRecordBytes + 1) }),
        record(name, "other partition", { partition: 1 }),
        record(name, "same partition", { partition: 0 }),
      ]);
      assert.deepEqual(
        results.map((result) => result.ok),
        [false, true, false],
      );
    });

    test("refuses a record for a topic that does not exist, and takes the others", async ({ log, topic, name }) => {
      const known = await topic();
      const [refused, taken] = await log.append([record(name("missing"), "v"), record(known, "v")]);
      assert.ok(refused !== undefined && !refused.ok);
      assert.equal(refused.error.code, "LOG_TOPIC_UNKNOWN");
      assert.equal(refused.error.retryable, false);
      assert.ok(taken?.ok);
    });

    test("keeps the order of calls that were not awaited", async ({ log, topic }) => {
      const name = await topic({ partitions: 3 });
      const keys = Array.from({ length: 8 }, (_, i) => bytes(`subject-${i}`));
      const calls = Array.from({ length: 120 }, (_, i) =>
        appendAll(log, [record(name, `${i}`, { key: keys[i % 8]! }), record(name, `${i}b`, { key: keys[i % 8]! })]),
      );
      await Promise.all(calls);
      for (const key of keys) {
        const partition = partitionForKey(key, 3);
        const ofKey = (await readAll(log, { topic: name, partition, fromOffset: 0 })).filter((r) => text(r.key) === text(key));
        const expected = Array.from({ length: 120 }, (_, i) => i)
          .filter((i) => keys[i % 8] === key)
          .flatMap((i) => [`${i}`, `${i}b`]);
        assert.deepEqual(values(ofKey), expected);
      }
    });

    test("gives every record of concurrent batches one offset, without gaps, and keeps each batch in its order", async ({
      log,
      topic,
    }) => {
      const name = await topic();
      const writers = Array.from({ length: 10 }, async (_, writer) => {
        const offsets: number[] = [];
        for (let round = 0; round < 5; round++)
          offsets.push(...(await appendAll(log, records(name, 20, { key: bytes(`writer-${writer}`) }))));
        return offsets;
      });
      const offsets = await Promise.all(writers);
      for (const ofWriter of offsets)
        assert.deepEqual(
          ofWriter,
          [...ofWriter].sort((x, y) => x - y),
        );
      assert.deepEqual(
        offsets.flat().sort((x, y) => x - y),
        Array.from({ length: 1_000 }, (_, i) => i),
      );

      const read = await readAll(log, { topic: name, partition: 0, fromOffset: 0 });
      assert.deepEqual(
        read.map((r) => r.offset),
        Array.from({ length: 1_000 }, (_, i) => i),
      );
      for (const [writer, ofWriter] of offsets.entries()) {
        assert.deepEqual(
          ofWriter.map((offset) => text(read[offset]!.key)),
          ofWriter.map(() => `writer-${writer}`),
        );
        assert.deepEqual(
          ofWriter.map((offset) => text(read[offset]!.value)),
          ofWriter.map((_, i) => `${i % 20}`),
        );
      }
    });

    test("shows a reader no hole while batches are being appended", async ({ log, topic }) => {
      const name = await topic();
      let writing = true;
      const writers = Promise.all(
        Array.from({ length: 4 }, async () => {
          for (let round = 0; round < 15; round++) await appendAll(log, records(name, 25));
        }),
      ).finally(() => (writing = false));
      while (writing) {
        const read = await readAll(log, { topic: name, partition: 0, fromOffset: 0 });
        assert.deepEqual(
          read.map((r) => r.offset),
          read.map((_, i) => i),
        );
        await new Promise(setImmediate);
      }
      await writers;
    });

    test(
      "refuses for good what the log refuses, with its followers of the same key",
      async ({ log, topic }) => {
        const name = await topic();
        await underTest.refuse!(log, (r) => text(r.value) === "poison");
        const [a, b] = [bytes("a"), bytes("b")];
        const results = await log.append([
          record(name, "poison", { key: a }),
          record(name, "a2", { key: a }),
          record(name, "b1", { key: b }),
        ]);
        assert.deepEqual(
          results.map((result) => result.ok),
          [false, false, true],
        );
        const [refused, skipped] = results;
        assert.ok(refused !== undefined && !refused.ok && !refused.error.retryable);
        assert.ok(skipped !== undefined && !skipped.ok && skipped.error.code === "LOG_RECORD_SKIPPED");
        assert.deepEqual(values(await readAll(log, { topic: name, partition: 0, fromOffset: 0 })), ["b1"]);
      },
      "refuse",
    );

    test(
      "keeps the order of calls in flight when the log refuses a request once",
      async ({ log, topic }) => {
        const name = await topic();
        await appendAll(log, [record(name, "warm")]);
        await underTest.refuseOnce!(log);
        const results = (await Promise.all(["1", "2", "3", "4"].map((value) => log.append([record(name, value)])))).flat();
        const stored = values(await readAll(log, { topic: name, partition: 0, fromOffset: 1 }));
        const taken = results.flatMap((result, i) => (result.ok ? [`${i + 1}`] : []));
        assert.deepEqual(stored, taken);
        for (const result of results) assert.ok(result.ok || result.error.retryable);
      },
      "refuseOnce",
    );
  });
}

function contents({ key, value, headers }: Pick<NewRecord, "key" | "value" | "headers">) {
  const hex = (part: Uint8Array | null) => (part === null ? null : Buffer.from(part).toString("hex"));
  return { key: hex(key), value: hex(value), headers: headers.map(([name, content]) => [name, hex(content)]) };
}
