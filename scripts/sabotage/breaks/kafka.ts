import type { Break } from "../break.ts";

const planTests = ["packages/kafka/src/group/plan-assignment.test.ts"];
const groupTests = ["packages/kafka/test/group.int.test.ts"];
const producingTests = ["packages/kafka/test/producing.int.test.ts"];

/** R2, R11: nothing overtakes on Kafka, and a partition has one reader. */
export const kafkaBreaks: readonly Break[] = [
  {
    name: "a partition is given away on Kafka while its holder drains it",
    rule: "R11",
    file: "packages/kafka/src/group/plan-assignment.ts",
    find: "(holders.get(nameOf(partition)) ?? id) === id",
    replace: "partition.partition >= 0 || id === ''",
    tests: planTests,
  },
  {
    name: "a zombie on Kafka delivers what it had fetched",
    rule: "R11",
    file: "packages/kafka/src/reading/partition-feed.ts",
    find: "await this.#host.confirmSession();",
    replace: "",
    tests: groupTests,
  },
  {
    name: "records of aborted transactions on Kafka are read",
    rule: "R2",
    file: "packages/kafka/src/protocol/record-batches.ts",
    find: "!this.#aborting.has(producerId)",
    replace: "producerId >= 0n",
    tests: groupTests,
  },
  {
    name: "a batch on Kafka that is sent again has new numbers",
    rule: "R2",
    file: "packages/kafka/src/producing/producer.ts",
    find: "    sent.attempts += 1;",
    replace: "    sent.attempts += 1; queue.nextEpoch();",
    tests: producingTests,
  },
  {
    name: "what follows a refused record of its key is appended on Kafka",
    rule: "R2",
    file: "packages/kafka/src/producing/partition-queue.ts",
    find: "queued.call.skips(queued.index, this.partition)",
    replace: "queued.index < 0",
    tests: producingTests,
  },
  {
    name: "what a dead member was about to let go is nobody's",
    rule: "R11",
    file: "packages/kafka/src/group/membership.ts",
    find: "if (isUnread || !existing.every(isOwned))",
    replace: "if (isUnread)",
    tests: ["packages/kafka/test/group.int.test.ts"],
  },
];
