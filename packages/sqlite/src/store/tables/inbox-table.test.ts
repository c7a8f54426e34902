import assert from "node:assert/strict";
import { test } from "node:test";
import type { InboxRow } from "throughline/seams";
import { registerHandler, testStore } from "../../../test/store-fixture.ts";

const rowOf = (number: number): InboxRow => ({
  key: `key-${number}`,
  partition: 0,
  offset: number,
  outcome: "applied",
  handledAtMs: 1_000,
  durationMicros: 1,
});
const rows = Array.from({ length: 120 }, (_, number) => rowOf(number));

test("a conflict names the key that was taken, behind rows that were written before it was met", async (t) => {
  const store = await testStore(t);
  const run = await registerHandler(store);
  const takenBefore = { ...rowOf(110), handledAtMs: 1 };
  await store.unitOfWork((unit) => unit.inbox.add(run, [takenBefore]));
  const add = (added: readonly InboxRow[]) => store.unitOfWork((unit) => unit.inbox.add(run, added));
  await assert.rejects(add(rows), { code: "INBOX_CONFLICT", details: { key: "key-110" } });
  await assert.rejects(add([...rows.slice(0, 100), rowOf(7)]), { code: "INBOX_CONFLICT", details: { key: "key-7" } });
});

test("nothing of a transaction that met a conflict is committed, caught or not", async (t) => {
  const store = await testStore(t);
  const run = await registerHandler(store);
  await store.unitOfWork((unit) => unit.inbox.add(run, [rowOf(110)]));
  await assert.rejects(
    store.unitOfWork((unit) => unit.inbox.add(run, rows).catch(() => undefined)),
    { code: "INBOX_CONFLICT" },
  );
  const [count] = await store.all<{ rows: number }>("SELECT count(*) AS rows FROM throughline_inbox");
  assert.equal(count?.rows, 1);
});
