import type { Break } from "../break.ts";

const decision = "packages/core/src/handling/order-decision.ts";
const attacks = ["packages/core/test/attack-numbering.test.ts"];

/** R2 and R5: a publisher whose store was restored opens a new numbering, and its consumers follow. */
export const numberingBreaks: readonly Break[] = [
  {
    name: "an event of an older numbering is silently stale",
    rule: "R5",
    file: decision,
    find: "decidePast(event, { isBeforeStart: false }, context)",
    replace: '{ do: "stale" }',
    tests: attacks,
  },
  {
    name: "a new numbering overtakes what is held of the older one",
    rule: "R5",
    file: decision,
    find: 'if (context.holdsOlder) return { do: "park", reason: "behind", logDueMs: null };',
    replace: "",
    tests: attacks,
  },
  {
    name: "a new numbering trusts the count of parked events",
    rule: "R5",
    file: "packages/core/src/handling/handler-transaction.ts",
    find: "if (beginsNumbering && !isHead && before.parked === 0)",
    replace: "if (false)",
    tests: attacks,
  },
  {
    name: "the gap of a new numbering is its baseline",
    rule: "R5",
    file: decision,
    find: "position !== undefined || seesWhole",
    replace: "position === undefined && seesWhole",
    tests: attacks,
  },
  {
    name: "a redriven conflict is a conflict again",
    rule: "R7",
    file: "packages/core/src/handling/handler-transaction.ts",
    find: 'row.reason === "conflict" ? null : row.sequence',
    replace: "row.sequence",
    tests: attacks,
  },
  {
    name: "a dead letter may be larger than the log takes",
    rule: "R6",
    file: "packages/core/src/system-topics/dead-letter.ts",
    find: "if (recordBytes(record) <= maxRecordBytes) return record;",
    replace: "return record;",
    tests: ["packages/core/src/system-topics/dead-letter.test.ts"],
  },
];
