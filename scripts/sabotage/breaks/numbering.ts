import type { Break } from "../break.ts";

const decision = "packages/core/src/handling/order-decision.ts";
const relay = "packages/core/src/outbox/relay.ts";
const compare = "packages/core/src/outbox/compare-with-log.ts";
const restored = ["packages/core/test/restored-store.test.ts"];
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
  {
    name: "a relay takes any store for its own",
    rule: "R2",
    file: relay,
    find: 'if (!isKnown || isToBeCompared) return "unknown-store";',
    replace: "",
    tests: restored,
  },
  {
    name: "what the mark says is not compared",
    rule: "R2",
    file: compare,
    find: "whatTheMarkSays(mark, store.numbering) ??",
    replace: "",
    tests: restored,
  },
  {
    name: "what was sent since the mark is not looked at",
    rule: "R2",
    file: compare,
    find: "?? (await whatWasSentSince(log, store, mark, signal))",
    replace: "?? (await Promise.resolve(null))",
    tests: restored,
  },
  {
    name: "a relay sends though its store is behind",
    rule: "R2",
    file: relay,
    find: "if (numbering.behind !== null) return numbering.behind;",
    replace: "",
    tests: restored,
  },
  {
    name: "a relay removes tickets of the store before",
    rule: "R2",
    file: relay,
    find: "if (found.round?.id !== this.#roundId) this.#sent = [];",
    replace: "",
    tests: restored,
  },
  {
    name: "a topic's first event goes out before the mark knows it",
    rule: "R2",
    file: relay,
    find: "if (isMarking) await this.#marks.know(rows, numbering);",
    replace: "",
    tests: restored,
  },
  {
    name: "a mark that cannot be read stops the relay",
    rule: "R14",
    file: relay,
    find: "this.#compareAtMs = clock.now() + compareAgainMs;",
    replace: "throw error;",
    tests: restored,
  },
  {
    name: "a recovered store keeps the numbers of what waits",
    rule: "R2",
    file: "packages/sqlite/src/store/tables/numbering.ts",
    find: '"DELETE FROM throughline_outbox_numbers",',
    replace: '"SELECT 1",',
    tests: ["packages/sqlite/test/store.conformance.int.test.ts"],
  },
  {
    name: "a new numbering counts on from the older one",
    rule: "R2",
    file: "packages/sqlite/src/store/tables/outbox-numbering.ts",
    find: "isOlder ? 0 : (stored.subject_sequence ?? 0)",
    replace: "stored.subject_sequence ?? 0",
    tests: ["packages/sqlite/test/store.conformance.int.test.ts"],
  },
  {
    name: "recover opens a numbering that the log knows already",
    rule: "R2",
    file: "packages/core/src/outbox/recovery.ts",
    find: "Math.max(numbering.sequenceEpoch, mark?.sequenceEpoch ?? 0)",
    replace: "numbering.sequenceEpoch",
    tests: ["packages/cli/src/commands/store.test.ts"],
  },
];
