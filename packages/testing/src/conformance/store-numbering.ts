import assert from "node:assert/strict";
import { describe } from "node:test";
import { numbered, outboxRow, storeTests, type Tables } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

const failure = { name: "Error", code: "LOG_RECORD_TOO_LARGE", message: "too large", stack: null };
const round = { id: "round-1", atMs: 7_000 };
const behind = { sinceMs: 9_000, why: "the log says so" };

const send = async ({ outbox }: Tables, limit = 100) => {
  const rows = await outbox.number(limit);
  await outbox.sent(rows.map(({ ticket }) => ticket));
  return rows;
};
const placed = (rows: Awaited<ReturnType<typeof send>>) =>
  rows.map(({ sequence, sequenceEpoch }, index) => [...(numbered(rows)[index] ?? []).slice(0, 1), sequenceEpoch, sequence]);

export function storeNumbering<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);

  describe("numbering", () => {
    test("of a new store is the first, and nothing was given", async ({ unit }) => {
      const { storeId, ...numbering } = await unit((u) => u.outbox.numbering());
      assert.deepEqual(numbering, { sequenceEpoch: 0, given: 0, round: null, behind: null });
      assert.notEqual(storeId, "");
    });

    test("stores differ in their ids", async ({ unit, another }) => {
      const other = await another();
      const { storeId } = await unit((u) => u.outbox.numbering());
      assert.notEqual((await other.unitOfWork((u) => u.outbox.numbering())).storeId, storeId);
    });

    test("counts each number that was given, once", async ({ unit }) => {
      await unit((u) => u.outbox.add([outboxRow(1), outboxRow(2, { subject: null }), outboxRow(3), outboxRow(4)]));
      const given = () => unit(async (u) => (await u.outbox.numbering()).given);
      assert.equal(await given(), 0, "not when it is published");
      await unit((u) => u.outbox.number(3));
      assert.equal(await given(), 2);
      await unit((u) => u.outbox.number(3));
      assert.equal(await given(), 2);
      await unit((u) => send(u));
      assert.equal(await given(), 3);
      const undone = unit(async (u) => {
        await u.outbox.add([outboxRow(5)]);
        await u.outbox.number(10);
        throw new Error("undo this");
      });
      await assert.rejects(undone, /undo this/);
      assert.equal(await given(), 3);
    });

    test("remembers the round that began last, unless its transaction rolled back", async ({ unit }) => {
      await unit((u) => u.outbox.beginRound(round));
      const undone = unit(async (u) => {
        await u.outbox.beginRound({ id: "round-2", atMs: 8_000 });
        throw new Error("undo this");
      });
      await assert.rejects(undone, /undo this/);
      assert.deepEqual((await unit((u) => u.outbox.numbering())).round, round);
    });

    test("tells the last number of each subject", async ({ unit }) => {
      await unit((u) => u.outbox.add([outboxRow(1), outboxRow(2), outboxRow(3, { topic: "invoice" })]));
      await unit((u) => send(u));
      const asked = [
        { topic: "order", subject: "o-1" },
        { topic: "order", subject: "o-2" },
        { topic: "invoice", subject: "o-1" },
        { topic: "order", subject: "o-1" },
      ];
      assert.deepEqual(await unit((u) => u.outbox.lastNumbers(asked)), [2, 0, 1, 2]);
      assert.deepEqual(await unit((u) => u.outbox.lastNumbers([])), []);
    });

    test("tells which events wait, stopped ones included", async ({ unit }) => {
      await unit((u) =>
        u.outbox.add([outboxRow(1), outboxRow(2), outboxRow(3, { subject: "o-3" }), outboxRow(4, { subject: "o-4" })]),
      );
      const rows = await unit((u) => u.outbox.number(10));
      await unit((u) => u.outbox.stop(rows[0]?.ticket ?? 0, failure, 1));
      await unit((u) => u.outbox.number(10));
      await unit((u) => u.outbox.sent([rows[3]?.ticket ?? 0]));
      const ids = [1, 2, 3, 4, 5].map((n) => outboxRow(n).eventId);
      assert.deepEqual(await unit((u) => u.outbox.waiting(ids)), new Set(ids.slice(0, 3)));
    });

    test("keeps that the store is behind, until a numbering is opened", async ({ unit }) => {
      await unit((u) => u.outbox.stopBehind(behind));
      assert.deepEqual((await unit((u) => u.outbox.numbering())).behind, behind);
      await unit((u) => u.outbox.openNumbering(1));
      assert.equal((await unit((u) => u.outbox.numbering())).behind, null);
    });
  });

  describe("numbering: a new one", () => {
    test("begins each subject at 1, in commit order, and counts on", async ({ unit }) => {
      await unit((u) => u.outbox.add([outboxRow(1), outboxRow(2), outboxRow(3, { subject: "o-2" })]));
      await unit((u) => send(u));
      await unit((u) => u.outbox.beginRound(round));
      await unit((u) => u.outbox.openNumbering(3));
      await unit((u) => u.outbox.add([outboxRow(4), outboxRow(5, { subject: "o-2" }), outboxRow(6)]));
      assert.deepEqual(placed(await unit((u) => send(u))), [
        [4, 3, 1],
        [5, 3, 1],
        [6, 3, 2],
      ]);
      const { storeId: _, ...numbering } = await unit((u) => u.outbox.numbering());
      assert.deepEqual(numbering, { sequenceEpoch: 3, given: 6, round: null, behind: null });
    });

    test("takes the numbers of what was not sent, and gives it new ones in the same order", async ({ unit }) => {
      await unit((u) => u.outbox.add([outboxRow(1), outboxRow(2), outboxRow(3)]));
      const rows = await unit((u) => u.outbox.number(2));
      await unit((u) => u.outbox.sent([rows[0]?.ticket ?? 0]));
      await unit((u) => u.outbox.openNumbering(1));
      await unit((u) => u.outbox.add([outboxRow(4)]));
      assert.deepEqual(placed(await unit((u) => u.outbox.number(10))), [
        [2, 1, 1],
        [3, 1, 2],
        [4, 1, 3],
      ]);
    });

    test("leaves a stopped subject stopped, and numbers it anew when it is repaired", async ({ unit }) => {
      for (const how of ["retry", "skip"] as const) {
        const subject = `o-${how}`;
        await unit((u) =>
          u.outbox.add([outboxRow(1, { subject }), outboxRow(2, { subject }), outboxRow(3, { subject: "free" })]),
        );
        const [refused] = await unit((u) => u.outbox.number(1));
        assert.ok(refused);
        await unit((u) => u.outbox.stop(refused.ticket, failure, 7_000));
        await unit((u) => send(u));
        const { sequenceEpoch } = await unit((u) => u.outbox.numbering());
        await unit((u) => u.outbox.openNumbering(sequenceEpoch + 1));
        assert.deepEqual(await unit((u) => u.outbox.number(10)), []);
        const stopped = await unit((u) => u.outbox.stopped());
        assert.deepEqual(
          stopped.map(({ row }) => [row.eventId, row.sequence]),
          [[refused.eventId, null]],
        );
        await unit((u) => u.outbox.repair(refused.ticket, how));
        const again = placed(await unit((u) => send(u)));
        const expected =
          how === "retry"
            ? [
                [1, 1],
                [2, 2],
              ]
            : [[2, 1]];
        assert.deepEqual(
          again,
          expected.map(([n, sequence]) => [n, sequenceEpoch + 1, sequence]),
        );
      }
    });

    test("is as if it had never been opened when its transaction rolls back", async ({ unit }) => {
      await unit((u) => u.outbox.add([outboxRow(1)]));
      await unit((u) => u.outbox.number(1));
      const undone = unit(async (u) => {
        await u.outbox.openNumbering(1);
        throw new Error("undo this");
      });
      await assert.rejects(undone, /undo this/);
      assert.deepEqual(placed(await unit((u) => u.outbox.number(10))), [[1, 0, 1]]);
    });

    test("wakes who waits for the outbox", async ({ unit, store, until }) => {
      await unit((u) => u.outbox.add([outboxRow(1)]));
      let woken = 0;
      const subscription = store.onCommitted(() => woken++);
      const before = woken;
      await unit((u) => u.outbox.openNumbering(1));
      await until("it wakes", () => woken > before);
      subscription.stop();
    });
  });
}
