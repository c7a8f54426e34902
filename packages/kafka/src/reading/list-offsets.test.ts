import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cluster } from "../connection/cluster.ts";
import { listOffsets } from "./list-offsets.ts";

interface Asked {
  readonly name: string;
  readonly partitions: readonly { partitionIndex: number; timestamp: bigint }[];
}

/** A cluster whose brokers answer with a thousand offsets a broker, and count what they are asked. */
function countingCluster(failing: number | null = null) {
  const requests: { leader: number; topics: string[] }[] = [];
  const link = (leader: number) => ({
    call: async (_api: unknown, _replica: number, _isolation: number, topics: readonly Asked[]) => {
      requests.push({ leader, topics: topics.map(({ name }) => name) });
      if (leader === failing) throw new Error("away");
      return {
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => {
            return { partitionIndex, errorCode: name === "gone" ? 3 : 0, offset: BigInt(leader * 1000 + partitionIndex) };
          }),
        })),
      };
    },
  });
  return { cluster: { link } as unknown as Cluster, requests };
}

test("offsets of many topics that are asked for at once are one request for each leader and time", async () => {
  const { cluster, requests } = countingCluster();
  const names = Array.from({ length: 40 }, (_, i) => `t${i}`);
  const answers = await Promise.all(
    names.flatMap((name) =>
      [1, 2].flatMap((leader) =>
        [-1n, -2n].map((timestamp) => listOffsets(cluster, { leader, name, partitions: [leader, 7], timestamp })),
      ),
    ),
  );
  assert.equal(requests.length, 4);
  assert.deepEqual(answers[0], [
    { partitionIndex: 1, errorCode: 0, offset: 1001n },
    { partitionIndex: 7, errorCode: 0, offset: 1007n },
  ]);
  assert.equal(answers.length, 160);
});

test("no request names a topic twice, and one topic's error is no other's", async () => {
  const { cluster, requests } = countingCluster();
  const ask = (name: string) => listOffsets(cluster, { leader: 1, name, partitions: [0], timestamp: -1n });
  const answers = await Promise.all([ask("order"), ask("order"), ask("gone"), ask("order")]);
  assert.deepEqual(
    requests.map(({ topics }) => topics),
    [["order"], ["order", "gone"], ["order"]],
  );
  assert.deepEqual(
    answers.map(([answer]) => answer!.errorCode),
    [0, 0, 3, 0],
  );
});

test("a leader that is away fails what it was asked, and is asked again the next time", async () => {
  const { cluster, requests } = countingCluster(2);
  const ask = (leader: number) => listOffsets(cluster, { leader, name: "order", partitions: [0], timestamp: -1n });
  const [good, bad] = await Promise.allSettled([ask(1), ask(2)]);
  assert.equal(good.status, "fulfilled");
  assert.equal(bad.status, "rejected");
  await assert.rejects(ask(2), /away/);
  assert.equal(requests.length, 3);
});
