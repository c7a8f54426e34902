import type { Break } from "../break.ts";

const deployTests = ["packages/core/test/deploys.test.ts"];

/** R13 and R14: rolling deploys are the normal case, and nothing of ours can cascade. */
export const deployBreaks: readonly Break[] = [
  {
    name: "data of an older version is not lifted where it was parked",
    rule: "R13",
    file: "packages/core/src/handling/outcome-book.ts",
    find: "event.dataVersion ?? contract.version,",
    replace: "delivery.parked === null ? (event.dataVersion ?? contract.version) : contract.version,",
    tests: deployTests,
  },
  {
    name: "a renamed handler begins anew",
    rule: "R13",
    file: "packages/core/src/memory/memory-store-handlers.ts",
    find: "(owner) => owner ?? id",
    replace: "(owner) => owner",
    tests: deployTests,
  },
  {
    name: "two handlers share one history",
    rule: "R13",
    file: "packages/core/src/service/shared-history.ts",
    find: "if (other === undefined) byId",
    replace: "if (other !== name) byId",
    tests: deployTests,
  },
  {
    name: "commands stop for ever when their topic is deleted and created again",
    rule: "R14",
    file: "packages/core/src/handling/start-cursors.ts",
    find: "isRecreated && reader.acceptsRecreated !== true",
    replace: "isRecreated",
    tests: ["packages/core/test/attack-system-topics.test.ts"],
  },
  {
    name: "a system topic that was deleted does not come back",
    rule: "R14",
    file: "packages/core/src/service/service-topics.ts",
    find: "await scope.log.createTopics(systemTopicsFor({ shipsLogs: scope.shipper !== null })).catch(() => undefined);",
    replace: "await Promise.resolve(scope);",
    tests: ["packages/core/test/attack-system-topics.test.ts"],
  },
];
