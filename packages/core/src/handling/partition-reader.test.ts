import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLogger } from "../logging/index.ts";
import type { LogRecord } from "../seams/event-log.ts";
import { systemSurroundings } from "../surroundings/index.ts";
import type { Delivery } from "./delivery.ts";
import { type PartitionLane, PartitionReader } from "./partition-reader.ts";
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

describe("a partition's reader", () => {
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
