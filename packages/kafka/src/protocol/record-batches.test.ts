import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Header, NewRecord } from "throughline/seams";
import { RecordBatches } from "./record-batches.ts";
import { batchHeadBytes, recordBytesInBatch, writeRecordBatch } from "./record-batch-writer.ts";

const place = { topic: "t", topicId: "id", partition: 3 };
const identity = { producerId: 7n, epoch: 1, firstSequence: 0 };

function batchOf(records: readonly NewRecord[], baseOffset: number): Buffer {
  const size = records.reduce((bytes, record) => bytes + recordBytesInBatch(record), batchHeadBytes);
  const bytes = writeRecordBatch(records, size, identity, 1_000);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  return bytes;
}

const part = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: null });
const anyRecord: fc.Arbitrary<NewRecord> = fc.record({
  topic: fc.constant("t"),
  key: part,
  value: part,
  headers: fc.array(fc.tuple(fc.string({ maxLength: 100 }), part) as fc.Arbitrary<Header>, { maxLength: 5 }),
  timestampMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
});
const shown = ({ key, value, headers, timestampMs }: Pick<NewRecord, "key" | "value" | "headers" | "timestampMs">) => ({
  key: key && [...key],
  value: value && [...value],
  headers: headers.map(([name, content]) => [Buffer.from(name).toString(), content && [...content]]),
  timestampMs,
});

describe("record batches", () => {
  it("are read as they were written, from any offset on, in slices of any size", () => {
    fc.assert(
      fc.property(
        fc.array(anyRecord, { minLength: 1, maxLength: 20 }),
        fc.nat(),
        fc.integer({ min: 1, max: 7 }),
        (records, start, most) => {
          const half = Math.ceil(records.length / 2);
          const bytes = Buffer.concat([
            batchOf(records.slice(0, half), 100),
            ...(records.length > half ? [batchOf(records.slice(half), 100 + half)] : []),
          ]);
          const skipped = start % records.length;
          const batches = new RecordBatches(place, { bytes, aborted: [], fromOffset: 100 + skipped });
          assert.equal(batches.lastOffset(), 99 + records.length);
          const read = [];
          for (let some = batches.read(most); some.length > 0; some = batches.read(most)) {
            read.push(...some);
            assert.equal(batches.nextOffset, (some.at(-1)?.offset ?? 0) + 1);
          }
          assert.deepEqual(read.map(shown), records.slice(skipped).map(shown));
          assert.deepEqual(
            read.map(({ offset }) => offset),
            records.slice(skipped).map((_, i) => 100 + skipped + i),
          );
          assert.ok(batches.isDone);
        },
      ),
    );
  });

  it("leave out a last batch that the brokers cut", () => {
    const record: NewRecord = { topic: "t", key: null, value: Buffer.from("v"), headers: [] };
    const bytes = Buffer.concat([batchOf([record], 5), batchOf([record, record], 6).subarray(0, 70)]);
    const batches = new RecordBatches(place, { bytes, aborted: [], fromOffset: 5 });
    assert.deepEqual(
      batches.read(10).map(({ offset }) => offset),
      [5],
    );
    assert.deepEqual([batches.nextOffset, batches.lastOffset()], [6, 5]);
  });

  it("name the place of what cannot be read", () => {
    const bytes = batchOf([{ topic: "t", key: null, value: null, headers: [] }], 5);
    bytes.writeInt8(1, 16);
    assert.throws(
      () => new RecordBatches(place, { bytes, aborted: [], fromOffset: 5 }).read(1),
      /t\/3 from offset 5 .* format 1/,
    );
  });
});
