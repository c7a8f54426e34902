import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Header, ParkedRow } from "throughline/seams";
import { assertRows, bytes, parkedRow, registerHandler, storeTests, uuid } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

export function storeParked<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);
  const ids = (rows: readonly ParkedRow[]) => rows.map((row) => Number(row.id.slice(-12)));

  describe("parked events", () => {
    test("keep every field and byte", async ({ unit, run }) => {
      const binary = Uint8Array.from({ length: 256 }, (_, i) => i);
      const headers: Header[] = [
        ["same", bytes("1")],
        ["null", null],
        ["same", bytes("2")],
        ["empty", new Uint8Array(0)],
        ["ünï", binary],
        ["", bytes("no name")],
        ["same", bytes("1")],
      ];
      const record = {
        topic: "order",
        topicId: "topic-1",
        partition: 7,
        offset: 2 ** 40,
        timestampMs: 1_900_000_000_000,
        key: binary,
        value: binary,
        headers,
      };
      const error = { name: "TypeError", code: "E1", message: "“ünï”\u{1f69a}\n", stack: "at a\nat b" };
      const rows = [
        parkedRow(run, 1, {
          record,
          reason: "window",
          dueAtMs: 2 ** 41,
          logDueMs: 2 ** 42,
          sequenceEpoch: 3,
          eventKey: "ünï 'key'",
          subject: "ünï",
        }),
        parkedRow(run, 2, {
          record: { ...record, key: null, value: null, headers: [] },
          sequence: null,
          subject: "",
          handled: false,
        }),
        parkedRow(run, 3, {
          record: { ...record, key: new Uint8Array(0), value: new Uint8Array(0) },
          state: "dead",
          reason: "failed",
        }),
        parkedRow(run, 4, {
          attempts: [
            { startedAtMs: 1, endedAtMs: 2, instance: "i-1", version: "1.0", error },
            { startedAtMs: 3, endedAtMs: null, instance: "i-2", version: "1.1", error: { ...error, code: null, stack: null } },
            { startedAtMs: 5, endedAtMs: 6, instance: "i-2", version: "1.1", error: null },
          ],
          edited: { value: binary, by: "ana", atMs: 9 },
          lease: { owner: "i-1", untilMs: 2 ** 41 },
        }),
        parkedRow(run, 5, { edited: { value: null, by: "ana", atMs: 9 } }),
      ];
      await unit((u) => u.parked.add(rows));
      for (const row of rows) assertRows(await unit((u) => u.parked.get(row.id)), row);
      assertRows(await unit((u) => u.parked.findByKey(run, "ünï 'key'")), rows[0]);
    });

    test("are found by key in their own run, or not at all", async ({ unit, run }) => {
      await unit((u) => u.parked.add([parkedRow(run, 1)]));
      assert.equal(await unit((u) => u.parked.findByKey({ ...run, epoch: 2 }, "key-1")), null);
      assert.equal(await unit((u) => u.parked.findByKey(run, "key-2")), null);
      assert.equal(await unit((u) => u.parked.get(uuid(2))), null);
    });

    test("are replaced and removed by id", async ({ unit, run }) => {
      await unit((u) => u.parked.add([parkedRow(run, 1), parkedRow(run, 2), parkedRow(run, 3)]));
      const changed = parkedRow(run, 2, {
        state: "dead",
        reason: "gap",
        dueAtMs: null,
        logDueMs: null,
        attempts: [{ startedAtMs: 1, endedAtMs: 2, instance: "i-1", version: "1.0", error: null }],
        edited: { value: bytes("[]"), by: "ana", atMs: 9 },
      });
      await unit((u) => u.parked.update([changed]));
      await unit((u) => u.parked.remove([uuid(1)]));
      assertRows(await unit((u) => u.parked.ofSubject({ ...run, stream: "order", subject: "o-1" }, 10)), [
        changed,
        parkedRow(run, 3),
      ]);
    });

    test("that are gone cannot be changed or removed: what was done with them is rolled back", async ({ unit, run }) => {
      await unit((u) => u.parked.add([parkedRow(run, 1)]));
      const lost = { code: "TX_CONFLICT", retryable: true };
      await assert.rejects(
        unit((u) => u.parked.remove([uuid(1), uuid(9)])),
        lost,
      );
      await assert.rejects(
        unit((u) => u.parked.update([parkedRow(run, 9)])),
        lost,
      );
      await assert.rejects(
        unit((u) => u.parked.lease([{ id: uuid(9), lease: null, attempts: [] }])),
        lost,
      );
      assertRows(await unit((u) => u.parked.ofRun(run, 10)), [parkedRow(run, 1)]);
    });

    test("tell where their records stand", async ({ unit, run }) => {
      const at = (partition: number, offset: number) => ({ ...parkedRow(run, 0).record, partition, offset });
      await unit((u) =>
        u.parked.add([
          parkedRow(run, 1, { record: at(1, 5) }),
          parkedRow(run, 2, { record: at(0, 50), state: "dead", reason: "failed" }),
          parkedRow(run, 3, { record: at(0, 6) }),
          parkedRow({ ...run, epoch: 2 }, 4),
        ]),
      );
      const place = (n: number, partition: number, offset: number) => ({ id: uuid(n), topicId: "topic-1", partition, offset });
      assert.deepEqual(
        (await unit((u) => u.parked.placesOf(run, 2))).map((found) => ({ ...found })),
        [place(3, 0, 6), place(2, 0, 50)],
      );
      assert.equal((await unit((u) => u.parked.placesOf(run, 9))).length, 3);
    });

    test("of a subject come by sequence, those without one last, then by partition and offset", async ({ unit, run }) => {
      const at = (partition: number, offset: number) => ({ ...parkedRow(run, 0).record, partition, offset });
      await unit((u) =>
        u.parked.add([
          parkedRow(run, 1, { sequence: null, record: at(1, 5) }),
          parkedRow(run, 2, { sequence: null, record: at(0, 50) }),
          parkedRow(run, 3, { sequence: null, record: at(0, 6) }),
          parkedRow(run, 4, { sequence: 10, record: at(0, 1) }),
          parkedRow(run, 5, { sequence: 9, record: at(0, 2), state: "dead", reason: "failed" }),
          parkedRow(run, 6, { subject: "o-2" }),
          parkedRow(run, 7, { stream: "invoice" }),
          parkedRow({ ...run, epoch: 2 }, 8),
        ]),
      );
      assert.deepEqual(
        ids(await unit((u) => u.parked.ofSubject({ ...run, stream: "order", subject: "o-1" }, 10))),
        [5, 4, 3, 2, 1],
      );
      assert.deepEqual(ids(await unit((u) => u.parked.ofSubject({ ...run, stream: "order", subject: "o-1" }, 2))), [5, 4]);
      assert.deepEqual(
        ids(await unit((u) => u.parked.ofSubject({ ...run, stream: "order", subject: "o-1" }, 2, { state: "waiting" }))),
        [4, 3],
      );
    });

    test("of many subjects come at once, the first few of each", async ({ unit, run }) => {
      await unit((u) =>
        u.parked.add([
          parkedRow(run, 1, { sequence: 3 }),
          parkedRow(run, 2, { sequence: 2 }),
          parkedRow(run, 3, { sequence: 1, state: "dead", reason: "conflict" }),
          parkedRow(run, 4, { sequence: 1, state: "dead", reason: "failed" }),
          parkedRow(run, 5, { subject: "o-2", sequence: null }),
          parkedRow(run, 6, { subject: "o-2", sequence: 7 }),
          parkedRow(run, 7, { subject: "o-3" }),
          parkedRow(run, 8, { subject: "o-2", stream: "invoice" }),
          parkedRow({ ...run, epoch: 2 }, 9, { subject: "o-2" }),
        ]),
      );
      const read = async (options: { limit: number; state?: "waiting" | "dead"; conflicts?: false }) => {
        const queues = await unit((u) => u.parked.ofSubjects(run, "order", ["o-2", "o-1", "o-4"], options));
        return Object.fromEntries([...queues].map(([subject, rows]) => [subject, ids(rows)]));
      };
      assert.deepEqual(await read({ limit: 10 }), { "o-1": [3, 4, 2, 1], "o-2": [6, 5] });
      assert.deepEqual(await read({ limit: 1, state: "waiting" }), { "o-1": [2], "o-2": [6] });
      assert.deepEqual(await read({ limit: 2, conflicts: false }), { "o-1": [4, 2], "o-2": [6, 5] });
      assert.deepEqual(await read({ limit: 2, state: "dead" }), { "o-1": [3, 4] });
      assert.deepEqual(await unit((u) => u.parked.ofSubjects(run, "order", [], { limit: 2 })), new Map());
    });

    test("that are held become due together, and no others", async ({ unit, run }) => {
      const other = await unit((u) => registerHandler(u, "other"));
      await unit((u) =>
        u.parked.add([
          parkedRow(run, 1, { reason: "held" }),
          parkedRow(run, 2, { reason: "held", dueAtMs: 9_000 }),
          parkedRow(run, 3, { reason: "held", dueAtMs: 4_000 }),
          parkedRow(run, 4, { reason: "behind" }),
          parkedRow(run, 5, { reason: "held", state: "dead" }),
          parkedRow({ ...run, epoch: 2 }, 6, { reason: "held" }),
          parkedRow(other, 7, { reason: "held" }),
        ]),
      );
      assert.equal(await unit((u) => u.parked.makeHeldDue([run.handlerId], 5_000)), 3);
      assert.equal(await unit((u) => u.parked.makeHeldDue([], 5_000)), 0);
      const dueAt: (number | null)[] = [];
      for (let n = 1; n <= 7; n++) dueAt.push((await unit((u) => u.parked.get(uuid(n))))?.dueAtMs ?? null);
      assert.deepEqual(dueAt, [5_000, 5_000, 4_000, null, null, 5_000, null]);
    });

    test("of a subject can be read without conflicts, which hold nothing", async ({ unit, run }) => {
      await unit((u) =>
        u.parked.add([
          parkedRow(run, 1, { state: "dead", reason: "conflict" }),
          parkedRow(run, 2, { state: "dead", reason: "failed" }),
          parkedRow(run, 3, { reason: "conflict" }),
        ]),
      );
      const subject = { ...run, stream: "order", subject: "o-1" };
      assert.deepEqual(ids(await unit((u) => u.parked.ofSubject(subject, 10, { conflicts: false }))), [2, 3]);
      assert.deepEqual(ids(await unit((u) => u.parked.ofSubject(subject, 10))), [1, 2, 3]);
    });

    test("are found by their numbers, in their own run and numbering", async ({ unit, run }) => {
      await unit((u) =>
        u.parked.add([
          parkedRow(run, 1, { sequence: 7 }),
          parkedRow(run, 2, { sequence: 7, state: "dead", reason: "conflict" }),
          parkedRow(run, 3, { sequence: 7, sequenceEpoch: 1 }),
          parkedRow(run, 4, { sequence: 7, subject: "o-2" }),
          parkedRow(run, 5, { sequence: 8 }),
          parkedRow(run, 6, { sequence: null }),
          parkedRow(run, 7, { sequence: 7, stream: "invoice" }),
          parkedRow({ ...run, epoch: 2 }, 8, { sequence: 7 }),
        ]),
      );
      const seven = { subject: "o-1", sequence: 7, sequenceEpoch: 0 };
      const numbers = [seven, seven, { ...seven, subject: "o-3" }, { ...seven, sequence: null }, { ...seven, sequence: 9 }];
      assert.deepEqual(ids(await unit((u) => u.parked.ofNumbers(run, "order", numbers))).sort(), [1, 2]);
    });

    test("that are due come oldest first, of these handlers, without leased or dead ones", async ({ unit, run }) => {
      const other = await unit((u) => registerHandler(u, "other"));
      await unit((u) =>
        u.parked.add([
          parkedRow(run, 1, { dueAtMs: 3_000, subject: "s1" }),
          parkedRow(run, 2, { dueAtMs: 1_000, subject: "s2" }),
          parkedRow(run, 3, { dueAtMs: 5_000, subject: "s3" }),
          parkedRow(run, 4, { dueAtMs: 5_001, subject: "s4" }),
          parkedRow(run, 5, { dueAtMs: 500, subject: "s5", lease: { owner: "i-1", untilMs: 5_001 } }),
          parkedRow(run, 6, { dueAtMs: 2_000, subject: "s6", lease: { owner: "i-1", untilMs: 4_000 } }),
          parkedRow(run, 7, { dueAtMs: 100, subject: "s7", state: "dead", reason: "failed" }),
          parkedRow(run, 8, { subject: "s8", logDueMs: 1 }),
          parkedRow(other, 9, { dueAtMs: 1_500 }),
        ]),
      );
      assert.deepEqual(ids(await unit((u) => u.parked.due([run.handlerId], 5_000, 10))), [2, 6, 1, 3]);
      assert.deepEqual(ids(await unit((u) => u.parked.due([run.handlerId], 5_000, 2))), [2, 6]);
      assert.deepEqual(ids(await unit((u) => u.parked.due([run.handlerId, other.handlerId], 5_000, 3))), [2, 9, 6]);
      assert.deepEqual(await unit((u) => u.parked.due([], 5_000, 3)), []);
    });

    test("tell when the next is due", async ({ unit, run }) => {
      const other = await unit((u) => registerHandler(u, "other"));
      await unit((u) =>
        u.parked.add([
          parkedRow(run, 1, { dueAtMs: 1_000 }),
          parkedRow(run, 2, { dueAtMs: 3_000 }),
          parkedRow(run, 3, { dueAtMs: 4_000 }),
          parkedRow(run, 4, { dueAtMs: 2_000, state: "dead", reason: "failed" }),
          parkedRow(other, 5, { dueAtMs: 2_500 }),
        ]),
      );
      assert.equal(await unit((u) => u.parked.nextDueMs([run.handlerId], 1_000)), 3_000);
      assert.equal(await unit((u) => u.parked.nextDueMs([run.handlerId, other.handlerId], 1_000)), 2_500);
      assert.equal(await unit((u) => u.parked.nextDueMs([run.handlerId], 4_000)), null);
      assert.equal(await unit((u) => u.parked.nextDueMs([], 0)), null);
    });

    test("are found by their ids, those that exist", async ({ unit, run }) => {
      await unit((u) => u.parked.add([parkedRow(run, 1), parkedRow(run, 2), parkedRow(run, 3)]));
      const found = await unit((u) => u.parked.find([uuid(3), uuid(9), uuid(1)]));
      assert.deepEqual(ids(found).sort(), [1, 3]);
      assertRows(
        found.find(({ id }) => id === uuid(3)),
        parkedRow(run, 3),
      );
      assert.deepEqual(await unit((u) => u.parked.find([])), []);
    });

    test("are leased without any other change", async ({ unit, run }) => {
      const attempts = [{ startedAtMs: 5, endedAtMs: null, instance: "i-1", version: "1", error: null }];
      const lease = { owner: "i-1", untilMs: 9_000 };
      const before = parkedRow(run, 1, { dueAtMs: 4, reason: "call" });
      await unit((u) => u.parked.add([before]));
      await unit((u) => u.parked.lease([{ id: uuid(1), lease, attempts }]));
      assertRows(await unit((u) => u.parked.get(uuid(1))), { ...before, lease, attempts });
      await unit((u) => u.parked.lease([{ id: uuid(1), lease: null, attempts: [] }]));
      assertRows(await unit((u) => u.parked.get(uuid(1))), before);
    });

    test("keep the leases that their owner renews, and no other's", async ({ unit, run }) => {
      const lease = (owner: string) => ({ lease: { owner, untilMs: 1_000 } });
      await unit((u) => u.parked.add([parkedRow(run, 1, lease("i-1")), parkedRow(run, 2, lease("i-2")), parkedRow(run, 3)]));
      await unit((u) => u.parked.renewLeases([uuid(1), uuid(2), uuid(3), uuid(9)], "i-1", 2_000));
      const leases: unknown[] = [];
      for (const n of [1, 2, 3]) leases.push((await unit((u) => u.parked.get(uuid(n))))?.lease);
      assert.deepEqual(leases, [{ owner: "i-1", untilMs: 2_000 }, { owner: "i-2", untilMs: 1_000 }, null]);
    });

    test("are counted while due, up to a limit, and altogether", async ({ unit, run }) => {
      const other = await unit((u) => registerHandler(u, "other"));
      await unit((u) =>
        u.parked.add([
          parkedRow(run, 1, { dueAtMs: 1_000 }),
          parkedRow(run, 2, { dueAtMs: 2_000, lease: { owner: "i-1", untilMs: 9_000 } }),
          parkedRow(run, 3, { dueAtMs: 3_000 }),
          parkedRow(run, 4),
          parkedRow(run, 5, { dueAtMs: 1, state: "dead", reason: "failed" }),
          parkedRow({ ...run, epoch: 2 }, 6, { dueAtMs: 1_000 }),
          parkedRow(other, 7, { dueAtMs: 1_000 }),
        ]),
      );
      assert.equal(await unit((u) => u.parked.countDue(run.handlerId, 2_000, 10)), 3);
      assert.equal(await unit((u) => u.parked.countDue(run.handlerId, 2_000, 2)), 2);
      assert.equal(await unit((u) => u.parked.countOf(run.handlerId)), 6);
      assert.equal(await unit((u) => u.parked.countOf(other.handlerId)), 1);
    });

    test("with a deadline in log time come lowest first", async ({ unit, run }) => {
      const other = await unit((u) => registerHandler(u, "other"));
      await unit((u) =>
        u.parked.add([
          parkedRow(run, 1, { logDueMs: 3_000 }),
          parkedRow(run, 2),
          parkedRow(run, 3, { logDueMs: 1_000 }),
          parkedRow(run, 4, { logDueMs: 500, state: "dead", reason: "gap" }),
          parkedRow(run, 5, { logDueMs: 2_000 }),
          parkedRow(other, 6, { logDueMs: 100 }),
        ]),
      );
      assert.deepEqual(ids(await unit((u) => u.parked.withDeadline([run.handlerId], 10))), [3, 5, 1]);
      assert.deepEqual(ids(await unit((u) => u.parked.withDeadline([run.handlerId], 1))), [3]);
    });

    test("are counted by handler, epoch, state and reason", async ({ unit, run }) => {
      await unit((u) =>
        u.parked.add([
          parkedRow(run, 1),
          parkedRow(run, 2),
          parkedRow(run, 3, { reason: "behind" }),
          parkedRow(run, 4, { state: "dead", reason: "gap" }),
          parkedRow({ ...run, epoch: 2 }, 5),
        ]),
      );
      const counts = await unit((u) => u.parked.counts());
      const { handlerId } = run;
      assert.deepEqual(
        counts.map((row) => `${row.handlerId} ${row.epoch} ${row.state} ${row.reason} ${row.count}`).sort(),
        [
          `${handlerId} 1 waiting retry 2`,
          `${handlerId} 1 waiting behind 1`,
          `${handlerId} 1 dead gap 1`,
          `${handlerId} 2 waiting retry 1`,
        ].sort(),
      );
    });

    test("are added and removed with their transaction", async ({ unit, run }) => {
      await unit((u) => u.parked.add([parkedRow(run, 1)]));
      const failed = unit(async (u) => {
        await u.parked.add([parkedRow(run, 2)]);
        await u.parked.remove([uuid(1)]);
        assert.deepEqual(
          ids(await u.parked.ofSubject({ ...run, stream: "order", subject: "o-1" }, 10)),
          [2],
          "a transaction sees what it wrote",
        );
        throw new Error("undo this");
      });
      await assert.rejects(failed, /undo this/);
      assert.deepEqual(ids(await unit((u) => u.parked.ofSubject({ ...run, stream: "order", subject: "o-1" }, 10))), [1]);
    });
  });
}
