import assert from "node:assert/strict";
import { describe } from "node:test";
import type { CursorClaim, CursorRow } from "throughline/seams";
import { assertRows, cursorOf, gate, manyStatements, registerHandler, storeTests } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

export function storeCursors<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);

  describe("cursors", () => {
    test("are added if they are absent", async ({ unit, run }) => {
      const other = await unit((u) => registerHandler(u, "other"));
      const rows = [
        cursorOf(run),
        cursorOf(run, { partition: 1, untilOffset: 50, logTimeMs: 7 }),
        cursorOf(run, { topicId: "topic-2" }),
        cursorOf(other),
      ];
      await unit((u) => u.cursors.add(rows));
      await unit((u) => u.cursors.add([cursorOf(run, { offset: 99 }), cursorOf(run, { partition: 2 })]));
      const all = [...rows, cursorOf(run, { partition: 2 })];
      const sorted = (cursors: readonly CursorRow[]) =>
        cursors.map((row) => JSON.stringify(row, Object.keys(cursorOf(run)))).sort();
      assert.deepEqual(sorted(await unit((u) => u.cursors.list())), sorted(all));
      assert.deepEqual(sorted(await unit((u) => u.cursors.list(other))), sorted([cursorOf(other)]));
    });

    test("two adds at once make one", async ({ unit, run }) => {
      await Promise.all([10, 20].map((offset) => unit((u) => u.cursors.add([cursorOf(run, { offset })]))));
      assert.equal((await unit((u) => u.cursors.list(run))).length, 1);
    });

    test("lock answers with the row, or null when there is none", async ({ unit, run }) => {
      await unit((u) => u.cursors.add([cursorOf(run)]));
      assertRows(await unit((u) => u.cursors.lock(cursorOf(run))), cursorOf(run));
      assert.equal(await unit((u) => u.cursors.lock(cursorOf(run, { partition: 9 }))), null);
    });

    test("remove takes one only where it stands, and another can be added", async ({ unit, run }) => {
      await unit((u) => u.cursors.add([cursorOf(run), cursorOf(run, { partition: 1 })]));
      assert.equal(await unit((u) => u.cursors.remove(cursorOf(run), 11)), false);
      await unit(async (u) => {
        assert.equal(await u.cursors.remove(cursorOf(run), 10), true);
        await u.cursors.add([cursorOf(run, { offset: 3, originOffset: 3 })]);
      });
      assert.equal(await unit((u) => u.cursors.remove(cursorOf(run, { partition: 9 }), 10)), false);
      const rows = (await unit((u) => u.cursors.list(run))).toSorted((a, b) => a.partition - b.partition);
      assert.deepEqual(
        rows.map(({ offset, originOffset }) => [offset, originOffset]),
        [
          [3, 3],
          [10, 10],
        ],
      );
    });

    test("move goes only from where it stands", async ({ unit, run }) => {
      await unit((u) => u.cursors.add([cursorOf(run)]));
      assert.equal(await unit((u) => u.cursors.move(cursorOf(run), 10, 20, 5_000)), true);
      assert.equal(await unit((u) => u.cursors.move(cursorOf(run), 10, 30, 6_000)), false);
      assert.equal(await unit((u) => u.cursors.move(cursorOf(run, { partition: 9 }), 10, 30, 6_000)), false);
      assertRows(await unit((u) => u.cursors.list(run)), [cursorOf(run, { offset: 20, logTimeMs: 5_000 })]);
    });

    test("a move can go back, as an accepted loss or a reset does", async ({ unit, run }) => {
      await unit((u) => u.cursors.add([cursorOf(run)]));
      assert.equal(await unit((u) => u.cursors.move(cursorOf(run), 10, 3, 0)), true);
      assert.equal((await unit((u) => u.cursors.lock(cursorOf(run))))?.offset, 3);
    });

    test("of two moves from the same offset one wins", async ({ unit, run }) => {
      await unit((u) => u.cursors.add([cursorOf(run)]));
      const moved = await Promise.all([20, 30].map((to) => unit((u) => u.cursors.move(cursorOf(run), 10, to, 0))));
      assert.deepEqual(moved.filter(Boolean), [true]);
    });

    test("markReported moves only what is reported, and never back", async ({ unit, run }) => {
      await unit((u) => u.cursors.add([cursorOf(run)]));
      await unit((u) => u.cursors.markReported(cursorOf(run), 15));
      await unit((u) => u.cursors.markReported(cursorOf(run), 12));
      assertRows(await unit((u) => u.cursors.list(run)), [cursorOf(run, { reportedOffset: 15 })]);
    });

    test("a claim is kept with its cursor, and moves neither it nor another", async ({ unit, run }) => {
      const [cursor, neighbour] = [cursorOf(run), cursorOf(run, { partition: 1 })];
      await unit((u) => u.cursors.add([cursor, neighbour]));
      assert.equal(await unit((u) => u.cursors.claim(cursor)), null);
      assert.equal(await unit((u) => u.cursors.claim(cursorOf(run, { partition: 9 }))), null);
      const claims: CursorClaim[] = [
        { owner: "life-1", offset: 10, deaths: 0, suspect: null },
        { owner: null, offset: 2 ** 52, deaths: 3, suspect: { offset: 2 ** 52 + 1, deaths: 2, isRunning: true } },
      ];
      for (const claim of claims) {
        await unit(async (u) => {
          await u.cursors.lock(cursor);
          await u.cursors.saveClaim(cursor, claim);
        });
        assert.deepEqual(await unit((u) => u.cursors.claim(cursor)), claim);
      }
      assert.equal(await unit((u) => u.cursors.claim(neighbour)), null);
      assert.equal(await unit((u) => u.cursors.move(cursor, 10, 20, 0)), true);
      assert.deepEqual(await unit((u) => u.cursors.claim(cursor)), claims[1]);
    });

    test("a claim is not saved by a transaction that rolls back, and goes with its epoch", async ({ unit, run }) => {
      const claim: CursorClaim = { owner: "life-1", offset: 10, deaths: 1, suspect: null };
      await unit((u) => u.cursors.add([cursorOf(run)]));
      const failed = unit(async (u) => {
        await u.cursors.saveClaim(cursorOf(run), claim);
        throw new Error("undo this");
      });
      await assert.rejects(failed, /undo this/);
      assert.equal(await unit((u) => u.cursors.claim(cursorOf(run))), null);
      await unit((u) => u.cursors.saveClaim(cursorOf(run), claim));
      await unit((u) => u.handlers.dropEpoch(run));
      await unit((u) => u.cursors.add([cursorOf(run)]));
      assert.equal(await unit((u) => u.cursors.claim(cursorOf(run))), null);
    });

    test("keep offsets and times above 2^32", async ({ unit, run }) => {
      const big = cursorOf(run, {
        offset: 2 ** 52,
        originOffset: 2 ** 51,
        untilOffset: 2 ** 52 + 1,
        logTimeMs: 1_900_000_000_000,
        reportedOffset: 2 ** 50,
      });
      await unit((u) => u.cursors.add([big]));
      assertRows(await unit((u) => u.cursors.list(run)), [big]);
    });

    test(
      "a lock makes another transaction wait, which then sees the move",
      async ({ unit, run }) => {
        await unit((u) => u.cursors.add([cursorOf(run)]));
        const order: string[] = [];
        const [locked, tried] = [gate(), gate()];
        const first = unit(async (u) => {
          await u.cursors.lock(cursorOf(run));
          locked.open();
          await tried.opened;
          await manyStatements(u);
          assert.equal(await u.cursors.move(cursorOf(run), 10, 20, 0), true);
          order.push("first moves");
        });
        const second = unit(async (u) => {
          await locked.opened;
          tried.open();
          const row = await u.cursors.lock(cursorOf(run));
          order.push("second locks");
          assert.equal(row?.offset, 20);
          assert.equal(await u.cursors.move(cursorOf(run), 10, 20, 0), false);
        });
        await Promise.all([first, second]);
        assert.deepEqual(order, ["first moves", "second locks"]);
      },
      { features: ["concurrentWriters"] },
    );

    test(
      "a lock on one cursor holds up no other",
      async ({ unit, run }) => {
        await unit((u) => u.cursors.add([cursorOf(run), cursorOf(run, { partition: 1 })]));
        await unit(async (u) => {
          await u.cursors.lock(cursorOf(run));
          assert.equal(await unit((v) => v.cursors.move(cursorOf(run, { partition: 1 }), 10, 11, 0)), true);
        });
      },
      { features: ["concurrentWriters"] },
    );
  });
}
