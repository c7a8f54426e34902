import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { IndexBatch } from "../index-store/index-batch.ts";
import { WriteBehind } from "./write-behind.ts";

const batch = (): IndexBatch => ({ reads: [], events: [], receipts: [], letters: [], audit: [], latest: [], logs: [] });

test("a batch is written while the next is read, and the next when it is written", async () => {
  const begun: { readonly batch: IndexBatch; readonly written: () => void }[] = [];
  const writing = new WriteBehind({
    apply: (batch) => new Promise((resolve) => begun.push({ batch, written: resolve })),
  });
  const [first, second] = [batch(), batch()];
  await writing.write(first);
  let isSecondTaken = false;
  const taken = writing.write(second).then(() => (isSecondTaken = true));
  await nextTurn();
  assert.deepEqual([begun.length, isSecondTaken], [1, false]);
  begun[0]!.written();
  await taken;
  assert.equal(begun[1]!.batch, second);
  let isOver = false;
  const end = writing.end().then(() => (isOver = true));
  await nextTurn();
  assert.equal(isOver, false);
  begun[1]!.written();
  await end;
});

test("nothing is written after a batch that could not be, and both who comes next and the end are told", async () => {
  let applied = 0;
  const writing = new WriteBehind({
    apply: async () => {
      applied += 1;
      throw new Error("the database is away");
    },
  });
  await writing.write(batch());
  await assert.rejects(writing.write(batch()), /is away/);
  await assert.rejects(writing.write(batch()), /is away/);
  await assert.rejects(writing.end(), /is away/);
  assert.equal(applied, 1);
});
