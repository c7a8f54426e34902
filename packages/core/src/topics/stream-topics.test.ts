import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineEvent, type TopicOptions } from "../contract/index.ts";
import { isThroughlineError } from "../errors/index.ts";
import { streamTopics, topicContradictions, topicDifferences } from "./stream-topics.ts";

const contract = (type: string, topic?: TopicOptions, compacted?: boolean) =>
  defineEvent<string, { id: string }>(type, {
    version: 1,
    subject: "id",
    data: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
    ...(topic === undefined ? {} : { topic }),
    ...(compacted === undefined ? {} : { compacted }),
  });

test("a stream's topic has what all of its contracts say together", () => {
  const contracts = [
    contract("order.placed", { partitions: 12 }),
    contract("order.paid", { retentionMs: 1000 }),
    contract("a.b"),
  ];
  assert.deepEqual(streamTopics(contracts), [
    { name: "order", compacted: false, partitions: 12, retentionMs: 1000 },
    { name: "a", compacted: false },
  ]);
  assert.deepEqual(topicContradictions(contracts), []);
});

test("contracts of a stream that contradict each other are told, each option once", () => {
  const contracts = [
    contract("order.placed", { partitions: 12 }, true),
    contract("order.paid", { partitions: 6 }),
    contract("order.sent", { partitions: 3 }),
    contract("other.sent", { partitions: 1 }),
  ];
  assert.deepEqual(topicContradictions(contracts), [
    'contracts of stream "order" contradict each other: compacted is true in order.placed and false in order.paid; they share one topic, so say the same',
    'contracts of stream "order" contradict each other: topic.partitions is 12 in order.placed and 6 in order.paid; they share one topic, so say the same',
  ]);
});

test("a contract refuses what is no option of a topic, or no number of it", () => {
  const wrong = { partitions: 0, retentionMs: 1.5, retentionDays: 7 } as TopicOptions;
  assert.throws(
    () => contract("order.placed", wrong),
    (error: Error & { details?: { problems: { pointer: string }[] } }) => {
      assert.ok(isThroughlineError(error, "CONTRACT_INVALID"));
      assert.deepEqual(
        error.details?.problems.map(({ pointer }) => pointer),
        ["/topic/partitions", "/topic/retentionMs", "/topic/retentionDays"],
      );
      return true;
    },
  );
});

describe("what a topic has other than its contracts say", () => {
  const topic = {
    name: "order",
    id: "1",
    partitions: 6,
    compacted: false,
    replicas: 1,
    retentionMs: 604_800_000,
    retentionBytes: null,
  };
  const cases = [
    { spec: {}, differences: [] },
    { spec: { partitions: 6, compacted: false, replicas: 1, retentionMs: 604_800_000 }, differences: [] },
    { spec: { partitions: 12 }, differences: ["it has 6 partitions, not 12"] },
    { spec: { replicas: 3 }, differences: ["it has 1 copies of each partition, not 3"] },
    { spec: { retentionMs: 1 }, differences: ["it has 604800000 ms of retention, not 1"] },
    { spec: { retentionBytes: 10 }, differences: ["it has unlimited bytes of retention, not 10"] },
    { spec: { compacted: true }, differences: ["it is not compacted"] },
  ];
  for (const { spec, differences } of cases)
    test(JSON.stringify(spec), () => assert.deepEqual(topicDifferences({ name: "order", ...spec }, topic), differences));

  test("a topic whose settings cannot be read is not said to differ", () => {
    const { retentionMs: _, retentionBytes: __, replicas: ___, ...unreadable } = topic;
    assert.deepEqual(topicDifferences({ name: "order", compacted: true, replicas: 3, retentionMs: 1 }, unreadable), []);
  });
});
