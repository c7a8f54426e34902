import type { Break } from "../break.ts";

const service = "packages/core/src/service/service.ts";
const relay = "packages/core/src/outbox/relay.ts";
const publishTests = ["packages/core/test/publish.test.ts"];

/** R2: publish is transactional and keeps commit order. */
export const outboxBreaks: readonly Break[] = [
  {
    name: "outbox row outside of the caller's transaction",
    rule: "R2",
    file: service,
    find: "store.publishIn(options.tx, [row])",
    replace: "store.unitOfWork((unit) => unit.outbox.add([row]))",
    tests: publishTests,
  },
  {
    name: "an id published again is another event",
    rule: "R2",
    file: service,
    find: "once: options.id !== undefined",
    replace: "once: false",
    tests: publishTests,
  },
  {
    name: "an ended transaction is accepted",
    rule: "R2",
    file: "packages/core/src/memory/memory-store-tx.ts",
    find: 'throw refuse("a transaction that has ended")',
    replace: "void refuse",
    tests: publishTests,
  },
  {
    name: "numbering by insert id",
    rule: "R2",
    file: relay,
    find: "withSequence(row.headers, row.sequence,",
    replace: "withSequence(row.headers, row.ticket,",
    tests: publishTests,
  },
  {
    name: "order of inserts instead of order of commits",
    rule: "R2",
    file: "packages/core/src/memory/memory-store-outbox.ts",
    find: "const oldest = unsent()",
    replace: "const oldest = unsent().sort((a, b) => (a.eventId < b.eventId ? -1 : 1))",
    tests: ["packages/testing/test/memory-store.conformance.test.ts"],
  },
  {
    name: "numbers kept in memory only",
    rule: "R2",
    file: "packages/sqlite/src/store/tables/outbox-numbering.ts",
    find: "saveSubjects.write(",
    replace: "void (",
    tests: ["packages/sqlite/src/store/tables/outbox-table.test.ts"],
  },
  {
    name: "relay takes few rows in a turn, and falls behind the lanes of its store",
    rule: "R2",
    file: relay,
    find: "const batchSize = 5_000",
    replace: "const batchSize = 50",
    tests: ["e2e/busy-lanes.int.test.ts"],
  },
  {
    name: "transactions of a file follow one another, and no timer has its turn",
    rule: "R14",
    file: "packages/sqlite/src/database/loop-turn.ts",
    find: "now - heldSince < longestMs",
    replace: "heldSince !== null",
    tests: ["packages/sqlite/src/database/loop-turn.test.ts"],
  },
  {
    name: "relay removes before the append",
    rule: "R2",
    file: relay,
    find: "await this.#ensureTopics(rows);",
    replace:
      "await store.unitOfWork((unit) => unit.outbox.sent(rows.map(({ ticket }) => ticket)));\nawait this.#ensureTopics(rows);",
    tests: publishTests,
  },
  {
    name: "relay goes on past a refused record",
    rule: "R2",
    file: relay,
    find: "await this.#stop(row, result.error)",
    replace: "this.#sent.push(row.ticket)",
    tests: publishTests,
  },
  {
    name: "the log takes what follows a refused record",
    rule: "R2",
    file: "packages/core/src/memory/memory-log-data.ts",
    find: "key !== null && refusedKeys.has(key)",
    replace: "false",
    tests: ["packages/testing/test/memory-log.conformance.test.ts"],
  },
];
