import type { Break } from "../break.ts";

const progress = "packages/core/src/memory/memory-store-progress.ts";
const gapTests = ["packages/core/test/sabotage-gaps.test.ts"];
const replayTests = ["packages/core/test/replay.test.ts"];
const attackTests = ["packages/core/test/attack-replay.test.ts"];

/** R8: replay is safe. */
export const replayBreaks: readonly Break[] = [
  {
    name: "publish in replay not suppressed",
    rule: "R8",
    file: "packages/core/src/handling/handler-transaction.ts",
    find: "this.#setup.replay.publishes ||",
    replace: "true ||",
    tests: replayTests,
  },
  {
    name: "a rebuild calls again",
    rule: "R8",
    file: "packages/core/src/handling/handler-transaction.ts",
    find: 'work.replay === "run" ||',
    replace: "true ||",
    tests: gapTests,
  },
  {
    name: "epoch not in the key of the inbox",
    rule: "R8",
    file: progress,
    find: "transaction.get(inbox, rowKey(run.handlerId, run.epoch, key))",
    replace: "transaction.get(inbox, rowKey(run.handlerId, 1, key))",
    tests: replayTests,
  },
  {
    name: "epoch not in the key of positions",
    rule: "R8",
    file: progress,
    find: "rowKey(run.handlerId, run.epoch, stream, subject);",
    replace: "rowKey(run.handlerId, 1, stream, subject);",
    tests: replayTests,
  },
  {
    name: "a rebuild keeps what was handled before",
    rule: "R8",
    file: "packages/core/src/replay/replay-commands.ts",
    find: "await unit.isolate(async (tx) => onReset?.(tx),",
    replace: "await unit.isolate(async () => onReset,",
    tests: replayTests,
  },
  {
    name: "a replay calls for events that came out of order",
    rule: "R8",
    file: "packages/core/src/handling/call-leases.ts",
    find: "!transaction.isCalled(delivery)",
    replace: "false",
    tests: attackTests,
  },
  {
    name: "a rebuild does not publish what it handles for the first time",
    rule: "R8",
    file: "packages/core/src/handling/replay-plan.ts",
    find: "return offset < (liveEnds[place] ?? 0) && !holdsOffset(unhandled[place] ?? [], offset);",
    replace: "return offset < (liveEnds[place] ?? 0);",
    tests: attackTests,
  },
  {
    name: "an old epoch begins again where a rebuild was not heard of",
    rule: "R8",
    file: "packages/core/src/handling/consumer.ts",
    find: "id === row.id && liveEpoch !== row.liveEpoch",
    replace: "id === row.id && liveEpoch < 0",
    tests: attackTests,
  },
  {
    name: "a rebuild does not wait for cursors of what it ends",
    rule: "R8",
    file: "packages/core/src/replay/replay-commands.ts",
    find: "await unit.lockHandler(handler.id);",
    replace: "",
    tests: ["packages/core/src/replay/replay-commands.test.ts"],
  },
  {
    name: "a rebuild drops what it does not read again",
    rule: "R8",
    file: "packages/core/src/replay/replay-commands.ts",
    find: "place.offset < (starts.get(placeId(place)) ?? Number.POSITIVE_INFINITY)",
    replace: "place.offset < 0",
    tests: attackTests,
  },
  {
    name: "ids of published events do not know their handler",
    rule: "R8",
    file: "packages/core/src/envelope/event-id.ts",
    find: "[causeId, handlerName, ordinal]",
    replace: "[causeId, ordinal]",
    tests: ["packages/core/src/envelope/event-id.test.ts"],
  },
  {
    name: "each instance takes the whole rate of a replay",
    rule: "R8",
    file: "packages/core/src/handling/replay-pace.ts",
    find: "Math.max(1, own) / Math.max(1, own, all)",
    replace: "1",
    tests: ["packages/core/test/replay-rate.test.ts"],
  },
  {
    name: "a paused replay goes on",
    rule: "R8",
    file: "packages/core/src/handling/replay-epochs.ts",
    find: 'epoch.kind === "rerun" && epoch.state === "running"',
    replace: 'epoch.kind === "rerun" && epoch.state !== "done"',
    tests: ["packages/core/test/replay-rate.test.ts"],
  },
  {
    name: "a lane that falls behind while it joins is forgotten",
    rule: "R8",
    file: "packages/core/src/handling/partition-reader.ts",
    find: 'if (end === "met" && !signal.aborted) this.add(lane);',
    replace: 'if (end === "met" && !signal.aborted && lane.offset >= this.#nextOffset) this.add(lane);',
    tests: ["packages/core/src/handling/partition-reader.test.ts"],
  },
];
