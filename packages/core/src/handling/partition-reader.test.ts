import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLogger } from "../logging/index.ts";
import type { LogRecord } from "../seams/event-log.ts";
import { systemSurroundings } from "../surroundings/index.ts";
import type { Delivery } from "./delivery.ts";
import { type PartitionLane, PartitionReader } from "./partition-reader.ts";
import { AdoptedStreams } from "../adoption/index.ts";
import { Deliveries } from "./delivery.ts";
import type { ServiceScope } from "./scope.ts";

const partition = { topic: "order", topicId: "t", partition: 0 };
const records = (from: number, to: number): LogRecord[] =>
  Array.from({ length: to - from }, (_, i) => ({
    ...partition,
    offset: from + i,
    timestampMs: 0,
    key: null,
    value: null,
    headers: [],
  }));

/** A scope whose log holds ten records. */
const scope = {
  deliveries: new Deliveries(new AdoptedStreams([])),
  log: {
    async *read({ fromOffset, toOffset }: { fromOffset: number; toOffset: number }) {
      yield records(fromOffset, toOffset);
    },
    offsets: async () => [{ partition: 0, earliest: 0, end: 10 }],
  },
  surroundings: systemSurroundings,
  settings: { maxBatchRecords: 500 },
  logger: createLogger({ service: "billing", silent: true }),
} as unknown as ServiceScope<unknown>;

/** A lane that notes what it is given, and takes it if `mayTake` says so. */
function noting(mayTake: (time: number) => boolean) {
  const seen: number[] = [];
  const reached = Promise.withResolvers<void>();
  let offset = 0;
  let times = 0;
  const lane: PartitionLane = {
    get offset() {
      return offset;
    },
    isDone: false,
    take: async (deliveries: readonly Delivery[], nextOffset: number) => {
      if (deliveries.length > 0 && !mayTake(++times)) return;
      seen.push(...deliveries.map(({ record }) => record.offset));
      offset = nextOffset;
      if (offset === 5) reached.resolve();
    },
  };
  return { lane, seen, reached: reached.promise };
}

describe("a partition's reader", () => {
  it("passes over nothing that a lane did not take", async () => {
    const reader = new PartitionReader(scope, partition, 5);
    const { lane, seen, reached } = noting((time) => time > 2);
    reader.add(lane);
    await reached;
    await reader.close();
    assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  });

  it("passes over nothing that the log does not know of yet", async () => {
    // Its leader has just changed: it ends where the last one had told nobody that it goes on.
    let reads = 0;
    const log = {
      async *read({ fromOffset, toOffset }: { fromOffset: number; toOffset: number }) {
        if (++reads > 3) yield records(fromOffset, toOffset);
      },
      offsets: async () => [{ partition: 0, earliest: 0, end: reads < 3 ? 0 : 10 }],
    };
    const reader = new PartitionReader({ ...scope, log } as unknown as ServiceScope<unknown>, partition, 5);
    const { lane, seen, reached } = noting(() => true);
    reader.add(lane);
    await reached;
    await reader.close();
    assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  });

  it("passes over what compaction has emptied", async () => {
    const log = { async *read() {}, offsets: async () => [{ partition: 0, earliest: 0, end: 10 }] };
    const reader = new PartitionReader({ ...scope, log } as unknown as ServiceScope<unknown>, partition, 5);
    const { lane, reached } = noting(() => true);
    reader.add(lane);
    await reached;
    await reader.close();
  });

  it("loses no lane that meets the shared reader while that goes on", async () => {
    const reader = new PartitionReader(scope, partition, 5);
    const reached = Promise.withResolvers<void>();
    let offset = 0;
    let hasMet = false;
    const lane: PartitionLane = {
      get offset() {
        // The moment at which the lane finds that it has met the shared reader: the next batch is there before it has joined.
        if (offset === 5 && !hasMet) {
          hasMet = true;
          queueMicrotask(
            () => void reader.take({ ...partition, fromOffset: 5, nextOffset: 10, endOffset: 10, records: records(5, 10) }),
          );
        }
        return offset;
      },
      isDone: false,
      take: async (_deliveries: readonly Delivery[], nextOffset: number) => {
        offset = nextOffset;
        if (offset === 10) reached.resolve();
      },
    };
    reader.add(lane);
    const late = setTimeout(() => reached.reject(new Error("the lane was given no more")), 5_000);
    await reached.promise.finally(() => clearTimeout(late));
    await reader.close();
    assert.equal(offset, 10);
  });
});
