import type { Break } from "../break.ts";

const planted = ["packages/cli/test/planted-changes.int.test.ts"];

/** Who breaks by a change is named, and nobody else. */
export const consumerBreaks: readonly Break[] = [
  {
    name: "a reader's data keeps what nobody declared",
    rule: "R13",
    file: "packages/core/src/contract/contract-data.ts",
    find: "isReader(contract) ? declaredOf(contract.schema)(data) : data",
    replace: "data",
    tests: ["packages/core/src/contract/define-reader.test.ts"],
  },
  {
    name: "branches that do not match leave their names",
    rule: "R13",
    file: "packages/core/src/contract/branches-in-place.ts",
    find: "possible.length === 1 || holds(each, value)",
    replace: "possible.length > 0",
    tests: ["packages/core/src/contract/define-reader.test.ts"],
  },
  {
    name: "contracts that are still named are taken out",
    rule: "R13",
    file: "packages/core/src/service/forget-announcements.ts",
    find: "!named.has(key)",
    replace: "key !== null",
    tests: ["packages/core/test/announced-contracts.test.ts"],
  },
  {
    name: "contracts that are said anew while others clean up are lost",
    rule: "R13",
    file: "packages/core/src/service/forget-announcements.ts",
    find: "again.length > 0",
    replace: "again.length < 0",
    tests: ["packages/core/test/announced-contracts.test.ts"],
  },
  {
    name: "consumers are not asked for the schemas of what they read",
    rule: "R13",
    file: "packages/registry/src/consumers/reading.ts",
    find: "isLifted(published, read) ? [] :",
    replace: "published.version >= 0 ? [] :",
    tests: planted,
  },
  {
    name: "a version that a consumer does not know passes",
    rule: "R13",
    file: "packages/registry/src/consumers/reading.ts",
    find: "published.version > read.version",
    replace: "published.version > read.version + 1",
    tests: planted,
  },
  {
    name: "consumers of what is not published any more are not named",
    rule: "R13",
    file: "packages/registry/src/consumers/who-breaks.ts",
    find: "filter((type) => !elsewhere.has(type))",
    replace: "filter((type) => elsewhere.has(type) && false)",
    tests: planted,
  },
  {
    name: "a consumer that tells nothing is taken for one that reads nothing",
    rule: "R13",
    file: "packages/registry/src/consumers/who-breaks.ts",
    find: "if (version.contracts === null) run.unknown(version);",
    replace: "if (version.contracts === null) continue;",
    tests: ["packages/registry/src/consumers/who-breaks.test.ts"],
  },
];
