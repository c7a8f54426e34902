import assert from "node:assert/strict";
import { it } from "node:test";
import { createMemoryLog } from "../index.ts";
import type { CursorRow, UnitOfWork } from "../seams/store.ts";
import { startCursors } from "./start-cursors.ts";

it("a cursor that another instance moves along with the log, while this one begins, is not beyond its end", async () => {
  const log = createMemoryLog({ defaultPartitions: 1 });
  await log.createTopics([{ name: "order" }]);
  const [topic] = await log.topics();
  assert.ok(topic);
  const run = { handlerId: 1, epoch: 1 };
  const cursors: Pick<UnitOfWork<unknown>["cursors"], "list" | "add"> = {
    async list() {
      await log.append([{ topic: "order", key: null, value: null, headers: [] }]);
      const row: CursorRow = {
        ...run,
        topic: "order",
        topicId: topic.id,
        partition: 0,
        offset: 1,
        originOffset: 0,
        untilOffset: null,
        logTimeMs: 0,
        reportedOffset: 0,
      };
      return [row];
    },
    add: async () => undefined,
  };
  const unit = { cursors } as unknown as UnitOfWork<unknown>;
  const found = await startCursors(log, unit, "billing", topic, [{ name: "create-invoice", run, from: "earliest" }]);
  assert.deepEqual(found.problems, []);
  assert.equal(found.cursors.get("create-invoice")?.[0]?.offset, 1);
});
