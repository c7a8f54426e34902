import type { Break } from "../break.ts";

const outboxRow = "packages/core/src/service/outbox-row.ts";
const publishTests = ["packages/core/test/publish.test.ts"];

/** R1: publish fails at publish. */
export const publishBreaks: readonly Break[] = [
  {
    name: "schema not checked at publish",
    rule: "R1",
    file: outboxRow,
    find: "validateForPublish(contract, data);",
    replace: "",
    tests: publishTests,
  },
  {
    name: "size not checked at publish",
    rule: "R1",
    file: outboxRow,
    find: "bytes > scope.log.maxRecordBytes",
    replace: "false",
    tests: publishTests,
  },
  {
    name: "publishers may add properties",
    rule: "R1",
    file: "packages/core/src/contract/checked-schema.ts",
    find: "return closed;",
    replace: "return schema;",
    tests: publishTests,
  },
];
