import type { Break } from "../break.ts";

const gapTests = ["packages/core/test/sabotage-gaps.test.ts"];
const publishTests = ["packages/core/test/publish.test.ts"];

/** R9, R11 to R14: one story, clean stops, honest starts, rolling deploys, nothing that cascades. */
export const operationBreaks: readonly Break[] = [
  {
    name: "the correlation id does not follow",
    rule: "R9",
    file: "packages/core/src/service/outbox-row.ts",
    find: "context?.correlationId ?? ",
    replace: "",
    tests: publishTests,
  },
  {
    name: "close without waiting",
    rule: "R11",
    file: "packages/core/src/handling/partition-reader.ts",
    find: "await Promise.all([this.#busy,",
    replace: "void Promise.all([this.#busy,",
    tests: gapTests,
  },
  {
    name: "a zombie's offset commit is accepted, in memory",
    rule: "R11",
    file: "packages/core/src/memory/memory-log-group.ts",
    find: "if (this.#holdings.get(partition)?.member === member)",
    replace: "if (true)",
    tests: ["packages/testing/test/memory-log.conformance.test.ts"],
  },
  {
    name: "a zombie's offset commit is accepted, on SQLite",
    rule: "R11",
    file: "packages/sqlite/src/log/group/group-tables.ts",
    find: "AND owner = ? AND generation = ?\n     ON CONFLICT",
    replace: "AND (owner = ? OR 1) AND generation >= min(0, ?)\n     ON CONFLICT",
    tests: ["packages/sqlite/src/log/group/group-tables.test.ts"],
  },
  {
    name: "two handlers of one name",
    rule: "R12",
    file: "packages/core/src/service/service.ts",
    find: "name === declaration.name",
    replace: "false",
    tests: publishTests,
  },
  {
    name: "limits that do not fit together",
    rule: "R12",
    file: "packages/core/src/service/timings.ts",
    find: "drainTimeoutMs >= closeTimeoutMs",
    replace: "false",
    tests: publishTests,
  },
  {
    name: "a store takes another service",
    rule: "R13",
    file: "packages/core/src/memory/memory-store.ts",
    find: "if (owner !== service)",
    replace: "if (false)",
    tests: publishTests,
  },
  {
    name: "a system topic's refusal blocks the outbox",
    rule: "R14",
    file: "packages/core/src/outbox/relay.ts",
    find: "if (!isSystemTopic(row.topic)) return false;",
    replace: "return false;",
    tests: gapTests,
  },
  {
    name: "system topics that cannot be created stop the start",
    rule: "R14",
    file: "packages/core/src/service/service-topics.ts",
    find: "scope.logger.warn(",
    replace: "throw error;\nscope.logger.warn(",
    tests: gapTests,
  },
  {
    name: "system topics that cannot be created block the outbox",
    rule: "R14",
    file: "packages/core/src/service/service-topics.ts",
    find: "!isSystemTopic(topic)",
    replace: "true",
    tests: gapTests,
  },
];
