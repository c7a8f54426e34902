import assert from "node:assert/strict";
import { test } from "node:test";
import type { ParkedRow } from "throughline/seams";
import { parkedRow, registerHandler, testStore } from "../../../test/store-fixture.ts";
import type { SqliteStore } from "../sqlite-store.ts";

const lease = { owner: "i-1", untilMs: 9_000 };
const due = (store: SqliteStore, handlerId: number) =>
  store.unitOfWork((unit) => unit.parked.due([handlerId], 5_000, 10), { readOnly: true });
/** As if the process that leased it had died: Linux counts pids to 2^22. */
const killHolder = (store: SqliteStore) =>
  store.transaction((tx) =>
    tx.run("UPDATE throughline_parked SET lease_process = replace(lease_process, ?, '999999999.')", `${process.pid}.`),
  );
const idOf = (rows: readonly ParkedRow[]) => rows.map(({ sequence }) => sequence);

test("a lease is free as soon as its process is dead", async (t) => {
  const store = await testStore(t);
  const run = await registerHandler(store);
  await store.unitOfWork((unit) => unit.parked.add([parkedRow(run, 1, { lease }), parkedRow(run, 2)]));
  assert.deepEqual(idOf(await due(store, run.handlerId)), [2]);
  await killHolder(store);
  const rows = await due(store, run.handlerId);
  assert.deepEqual(idOf(rows), [1, 2]);
  assert.equal(rows[0]?.lease, null);
});

test("a lease taken again under a dead holder's name belongs to the living", async (t) => {
  const store = await testStore(t);
  const run = await registerHandler(store);
  await store.unitOfWork((unit) => unit.parked.add([parkedRow(run, 1, { lease })]));
  await killHolder(store);
  await store.unitOfWork((unit) => unit.parked.update([parkedRow(run, 1, { lease })]));
  assert.deepEqual(idOf(await due(store, run.handlerId)), []);
  assert.deepEqual((await store.unitOfWork((unit) => unit.parked.findByKey(run, "key-1")))?.lease, lease);
});

test("what is read often is read by an index", async (t) => {
  const store = await testStore(t);
  const where = {
    due: "handler_id = 1 AND state = 'waiting' AND due_at_ms IS NOT NULL AND due_at_ms <= 5 ORDER BY due_at_ms LIMIT 5",
    deadline: "handler_id = 1 AND state = 'waiting' AND log_due_ms IS NOT NULL ORDER BY log_due_ms LIMIT 5",
    subject:
      "handler_id = 1 AND epoch = 1 AND stream = 's' AND subject = 'o' ORDER BY sequence IS NULL, sequence_epoch, sequence, record_partition, record_offset LIMIT 5",
    age: "handler_id = 1 AND epoch = 1 ORDER BY parked_at_ms, rowid LIMIT 5",
    key: "handler_id = 1 AND epoch = 1 AND event_key = 'k'",
  };
  const number = `handler_id = 1 AND epoch = 1 AND stream = 's' AND subject = 'o' AND (sequence IS NULL) = 0 AND sequence_epoch = 0 AND sequence = 7`;
  const [ofNumber] = await store.all<{ detail: string }>(`EXPLAIN QUERY PLAN SELECT * FROM throughline_parked WHERE ${number}`);
  assert.match(ofNumber?.detail ?? "", /throughline_parked_by_subject .*sequence=/);
  for (const [index, condition] of Object.entries(where)) {
    const plan = await store.all<{ detail: string }>(`EXPLAIN QUERY PLAN SELECT * FROM throughline_parked WHERE ${condition}`);
    assert.deepEqual(plan.length, 1, `${index}: no sorting`);
    assert.match(plan[0]?.detail ?? "", new RegExp(`throughline_parked_by_${index} `));
  }
});
