import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { murmur2, partitionForKey } from "./index.ts";

// The vectors of Kafka's own UtilsTest.
const vectors: [key: string, hash: number][] = [
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
];

const bytes = (text: string) => new TextEncoder().encode(text);

describe("partitionForKey", () => {
  for (const [key, hash] of vectors) {
    test(`hashes "${key}" as Kafka does`, () => {
      assert.equal(murmur2(bytes(key)), hash);
    });

    test(`clears the sign of the hash of "${key}" before it takes the rest`, () => {
      for (const partitions of [1, 2, 6, 12, 1000]) {
        assert.equal(partitionForKey(bytes(key), partitions), (hash & 0x7fffffff) % partitions);
      }
    });
  }

  // Partitions of 1000, as the Java client chooses them (from kafka-python's compatibility test).
  const ofThousand: [key: string, partition: number][] = [
    ["", 681],
    ["a", 524],
    ["ab", 434],
    ["abc", 107],
    ["123456789", 566],
    ["\u0000 ", 742],
  ];
  for (const [key, partition] of ofThousand) {
    test(`puts ${JSON.stringify(key)} where the Java client does`, () => {
      assert.equal(partitionForKey(bytes(key), 1000), partition);
    });
  }
});
