import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { HandlerState } from "../handling/handler-state.ts";
import type { ServiceScope } from "../handling/scope.ts";
import { createMemoryLog } from "../memory/memory-log.ts";
import { createMemoryStore } from "../memory/memory-store.ts";
import type { MemoryTx } from "../memory/memory-store-tx.ts";
import { systemSurroundings } from "../surroundings/index.ts";
import { commandRecord, type ReplayStart } from "../system-topics/index.ts";
import { replayCommands } from "./replay-commands.ts";

const rebuild: ReplayStart = {
  command: "replay",
  kind: "rebuild",
  commandId: "c-1",
  service: "billing",
  handler: "bill",
  range: { fromMs: null, toMs: null, types: null, subjects: null },
  ratePerSecond: null,
  publish: false,
  by: "ann",
  reason: null,
  atMs: 0,
};

test("a rebuild waits for whoever makes cursors of the run that it ends", async () => {
  const store = createMemoryStore();
  const log = createMemoryLog();
  await log.createTopics([{ name: "order", partitions: 1 }]);
  await store.open({ service: "billing", surroundings: systemSurroundings });
  const [row] = await store.unitOfWork((unit) =>
    unit.handlers.register([{ name: "bill", renamedFrom: [], types: ["order.placed"] }], 0),
  );
  assert.ok(row);
  const spec = { name: "bill", streams: ["order"], onReset: () => undefined };
  const handler = { id: row.id, row, spec } as unknown as HandlerState<MemoryTx>;
  const identity = { service: "billing", instance: "one", isInstanceNamed: true, version: "1", owner: null };
  const scope = { identity, log, store, surroundings: systemSurroundings, logger: { info: () => undefined } };
  const handle = replayCommands(scope as unknown as ServiceScope<MemoryTx>, {
    handlers: () => [handler],
    onRefused: ({ problem }) => assert.fail(problem),
  });
  const record = { ...commandRecord(rebuild), topicId: "t", partition: 0, offset: 0, timestampMs: 0 };

  const made = Promise.withResolvers<void>();
  const making = store.unitOfWork(async (unit) => {
    await unit.lockHandler(row.id);
    await made.promise;
  });
  let hasBegun = false;
  const beginning = store.unitOfWork((unit) => handle(unit, record)).then(() => (hasBegun = true));
  // Far more turns than it takes where nobody is in the way.
  for (let turns = 0; turns < 200; turns++) await turn();
  assert.equal(hasBegun, false);
  made.resolve();
  await Promise.all([making, beginning]);
  const epochs = await store.unitOfWork((unit) => unit.handlers.epochs(row.id));
  assert.deepEqual(
    epochs.map(({ kind }) => kind),
    ["live", "rebuild"],
  );
});
