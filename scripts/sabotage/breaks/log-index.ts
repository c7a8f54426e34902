import type { Break } from "../break.ts";

const indexing = ["packages/control/src/indexing/indexer.test.ts"];
const groups = ["packages/control/src/failures/failure-groups.test.ts"];
const causes = ["packages/control/src/failures/fingerprint.test.ts"];

/** R9 and R15 as the control plane's index keeps them. */
export const indexBreaks: readonly Break[] = [
  {
    name: "a batch of the index begun before the one before it is written",
    rule: "R9",
    file: "packages/control/src/indexing/write-behind.ts",
    find: "await this.#last;",
    replace: "",
    tests: ["packages/control/src/indexing/write-behind.test.ts"],
  },
  {
    name: "a batch written wherever the index stands",
    rule: "R9",
    file: "packages/control/src/index-store/sqlite/places.ts",
    find: "if (next !== from)",
    replace: "if (next > to)",
    tests: indexing,
  },
  {
    name: "missing said by an index that is behind",
    rule: "R9",
    file: "packages/control/src/flow/handler-outcome.ts",
    find: "if (evidence.blind !== null)",
    replace: "if (evidence.blind === undefined)",
    tests: indexing,
  },
  {
    name: "an index that stands still taken for one that follows",
    rule: "R9",
    file: "packages/control/src/flow/index-flows.ts",
    find: "if (nowMs - lookedAtMs > staleAfterMs)",
    replace: "if (nowMs - lookedAtMs > Infinity)",
    tests: indexing,
  },
  {
    name: "events of a topic that was created anew shown with those of the former one",
    rule: "R9",
    file: "packages/control/src/index-store/sqlite/event-rows.ts",
    find: "p.ref = e.place AND p.gone = 0",
    replace: "p.ref = e.place AND p.gone >= 0",
    tests: indexing,
  },
  {
    name: "the text of what cannot be read kept in the index",
    rule: "R15",
    file: "packages/control/src/indexing/batch-builder.ts",
    find: "${(error as { code?: string }).code ??",
    replace: "${(error as Error).message ??",
    tests: indexing,
  },
  {
    name: "a database of something else emptied for the index",
    rule: "R14",
    file: "packages/control/src/index-store/sqlite/open-sqlite-index.ts",
    find: "if (table !== undefined) throw",
    replace: 'if (table === "") throw',
    tests: indexing,
  },
  {
    name: "records lost to retention not counted",
    rule: "R9",
    file: "packages/control/src/indexing/index-log.ts",
    find: "builder.now.begin(at, from, end, now(), first - from);",
    replace: "builder.now.begin(at, from, end, now(), 0);",
    tests: indexing,
  },
  {
    name: "an answer to a failure that came before its letter forgotten",
    rule: "R7",
    file: "packages/control/src/index-store/sqlite/failure-rows.ts",
    find: "this.#settle(Number(lastInsertRowid));",
    replace: "",
    tests: indexing,
  },
  {
    name: "a letter that replaced another counted beside it",
    rule: "R7",
    file: "packages/control/src/index-store/sqlite/failure-rows.ts",
    find: "const superseded = index === 0 ? 0 : 1;",
    replace: "const superseded = 0;",
    tests: groups,
  },
  {
    name: "an answered failure left in its group's counter",
    rule: "R7",
    file: "packages/control/src/index-store/sqlite/failure-rows.ts",
    find: "this.#groups.shift(row.failure_group, row, next);",
    replace: "",
    tests: groups,
  },
  {
    name: "lines of the stack counted to a failure's cause",
    rule: "R6",
    file: "packages/control/src/failures/own-frames.ts",
    find: 'inner.replace(/:\\d+(?::\\d+)?$/, "")',
    replace: "inner",
    tests: causes,
  },
  {
    name: "numbers of the message counted to a failure's cause",
    rule: "R6",
    file: "packages/control/src/failures/message-pattern.ts",
    find: "collapsed(words(quoted(text)))",
    replace: "collapsed(quoted(text))",
    tests: causes,
  },
];
