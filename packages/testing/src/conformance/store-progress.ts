import assert from "node:assert/strict";
import { describe } from "node:test";
import type { CursorRow, InboxRow, PositionRow, Run } from "throughline/seams";
import { assertRows, gate, manyStatements, registerHandler, storeTests, uuid } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

export function storeProgress<Tx>(underTest: StoreUnderTest<Tx>): void {
  storeCursors(underTest);
  storeInbox(underTest);
  storePositions(underTest);
}

function cursorOf(run: Run, parts: Partial<CursorRow> = {}): CursorRow {
  const { handlerId, epoch } = run;
  return { handlerId, epoch, topicId: "topic-1", partition: 0, topic: "order", offset: 10, originOffset: 10, untilOffset: null, logTimeMs: 0, reportedOffset: 10, ...parts };
}

function storeCursors<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);

  describe("cursors", () => {
    test("are added if they are absent", async ({ unit, run }) => {
      const other = await unit((u) => registerHandler(u, "other"));
      const rows = [cursorOf(run), cursorOf(run, { partition: 1, untilOffset: 50, logTimeMs: 7 }), cursorOf(run, { topicId: "topic-2" }), cursorOf(other)];
      await unit((u) => u.cursors.add(rows));
      await unit((u) => u.cursors.add([cursorOf(run, { offset: 99 }), cursorOf(run, { partition: 2 })]));
      const all = [...rows, cursorOf(run, { partition: 2 })];
      const sorted = (cursors: readonly CursorRow[]) => cursors.map((row) => JSON.stringify(row, Object.keys(cursorOf(run)))).sort();
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
      assert.deepEqual(moved.toSorted(), [false, true]);
    });

    test("markReported moves only what is reported", async ({ unit, run }) => {
      await unit((u) => u.cursors.add([cursorOf(run)]));
      await unit((u) => u.cursors.markReported(cursorOf(run), 15));
      assertRows(await unit((u) => u.cursors.list(run)), [cursorOf(run, { reportedOffset: 15 })]);
    });

    test("keep offsets and times above 2^32", async ({ unit, run }) => {
      const big = cursorOf(run, { offset: 2 ** 52, originOffset: 2 ** 51, untilOffset: 2 ** 52 + 1, logTimeMs: 1_900_000_000_000, reportedOffset: 2 ** 50 });
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

function storeInbox<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);
  const rowOf = (key: string, parts: Partial<InboxRow> = {}): InboxRow => ({ key, partition: 3, offset: 44, outcome: "applied", handledAtMs: 5_000, durationMicros: 120, ...parts });

  describe("inbox", () => {
    test("finds the rows that exist among many keys", async ({ unit, run }) => {
      const odd = ["", "https://shop.example/orders 1", "ünï-🚚", "a'b\"c\\d", "x".repeat(1_000), "01890000-0000-7000-8000-00000000000G", "NULL"];
      const keys = [...odd, ...Array.from({ length: 500 }, (_, i) => uuid(i))];
      await unit((u) => u.inbox.add(run, keys.map((key, i) => rowOf(key, { offset: i }))));
      const found = await unit((u) => u.inbox.find(run, [...keys, "absent", uuid(9_999)]));
      assert.equal(found.size, keys.length);
      for (const [i, key] of keys.entries()) assertRows(found.get(key), rowOf(key, { offset: i }));
      assert.equal((await unit((u) => u.inbox.find(run, []))).size, 0);
    });

    test("tells apart keys that differ only in case", async ({ unit, run }) => {
      const keys = ["ABCDEF00-0000-7000-8000-00000000000A#x", "abcdef00-0000-7000-8000-00000000000a#x"];
      await unit((u) => u.inbox.add(run, keys.map((key) => rowOf(key))));
      assert.deepEqual([...(await unit((u) => u.inbox.find(run, keys))).keys()].sort(), keys);
    });

    test("keeps every outcome", async ({ unit, run }) => {
      const rows = (["applied", "stale", "discarded"] as const).map((outcome) => rowOf(outcome, { outcome }));
      await unit((u) => u.inbox.add(run, rows));
      const found = await unit((u) => u.inbox.find(run, rows.map((row) => row.key)));
      for (const row of rows) assertRows(found.get(row.key), row);
    });

    test("knows a key once for each handler and epoch", async ({ unit, run }) => {
      const other = await unit((u) => registerHandler(u, "other"));
      await unit((u) => u.inbox.add(run, [rowOf("k")]));
      await unit((u) => u.inbox.add(other, [rowOf("k")]));
      await unit((u) => u.inbox.add({ ...run, epoch: 2 }, [rowOf("k")]));
      await assert.rejects(
        unit((u) => u.inbox.add(run, [rowOf("k")])),
        { code: "INBOX_CONFLICT", retryable: true },
      );
    });

    test("a conflict undoes the whole transaction", async ({ unit, run, effects, committed }) => {
      await unit((u) => u.inbox.add(run, [rowOf("k")]));
      const failed = unit(async (u) => {
        await u.isolate((tx) => effects.put(tx, "a", 1), { savepoint: false, alone: false });
        await u.inbox.add(run, [rowOf("fresh"), rowOf("k")]);
      });
      await assert.rejects(failed, { code: "INBOX_CONFLICT" });
      assert.equal(await committed("a"), null);
      assert.equal((await unit((u) => u.inbox.find(run, ["fresh"]))).size, 0);
    });

    test("of two transactions that add the same key one wins", async ({ unit, run, effects, committed }) => {
      const attempts = await Promise.allSettled(
        [1, 2].map((n) =>
          unit(async (u) => {
            await u.isolate((tx) => effects.put(tx, `winner-${n}`, n), { savepoint: false, alone: false });
            await u.inbox.add(run, [rowOf("k")]);
          }),
        ),
      );
      const lost = attempts.filter((attempt) => attempt.status === "rejected");
      assert.deepEqual(lost.map((attempt) => attempt.reason.code), ["INBOX_CONFLICT"]);
      const winners = [await committed("winner-1"), await committed("winner-2")].filter((value) => value !== null);
      assert.equal(winners.length, 1);
    });

    test(
      "adding a key that an open transaction added waits for it, then conflicts",
      async ({ unit, run }) => {
        const [added, tried] = [gate(), gate()];
        const order: string[] = [];
        const first = unit(async (u) => {
          await u.inbox.add(run, [rowOf("k")]);
          added.open();
          await tried.opened;
          await manyStatements(u);
          order.push("first ends");
        });
        const second = unit(async (u) => {
          await added.opened;
          tried.open();
          await u.inbox.add(run, [rowOf("k")]).finally(() => order.push("second learns"));
        });
        await first;
        await assert.rejects(second, { code: "INBOX_CONFLICT" });
        assert.deepEqual(order, ["first ends", "second learns"]);
      },
      { features: ["concurrentWriters"] },
    );

    test(
      "a key that an open transaction added is free when that rolls back",
      async ({ unit, run }) => {
        const [added, tried] = [gate(), gate()];
        const first = unit(async (u) => {
          await u.inbox.add(run, [rowOf("k")]);
          added.open();
          await tried.opened;
          await manyStatements(u);
          throw new Error("undo this");
        });
        const second = unit(async (u) => {
          await added.opened;
          tried.open();
          await u.inbox.add(run, [rowOf("k", { offset: 45 })]);
        });
        await assert.rejects(first, /undo this/);
        await second;
        assert.equal((await unit((u) => u.inbox.find(run, ["k"]))).get("k")?.offset, 45);
      },
      { features: ["concurrentWriters"] },
    );

    test("forgets what is older, at most the limit", async ({ unit, run }) => {
      await unit((u) => u.inbox.add(run, Array.from({ length: 10 }, (_, i) => rowOf(`k-${i}`, { handledAtMs: i }))));
      assert.equal(await unit((u) => u.inbox.forget(7, 4)), 4);
      assert.equal(await unit((u) => u.inbox.forget(7, 100)), 3);
      assert.equal(await unit((u) => u.inbox.forget(7, 100)), 0);
      const found = await unit((u) => u.inbox.find(run, Array.from({ length: 10 }, (_, i) => `k-${i}`)));
      assert.deepEqual([...found.keys()].sort(), ["k-7", "k-8", "k-9"]);
    });
  });
}

function storePositions<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);
  const rowOf = (subject: string, parts: Partial<PositionRow> = {}): PositionRow => ({ subject, sequence: 5, sequenceEpoch: 1, baseline: 2, parked: 0, ...parts });

  describe("positions", () => {
    test("saves and finds 500 subjects", async ({ unit, run }) => {
      const subjects = Array.from({ length: 500 }, (_, i) => `o-${i}`);
      await unit((u) => u.positions.save(run, "order", subjects.map((subject, i) => rowOf(subject, { sequence: i }))));
      const found = await unit((u) => u.positions.find(run, "order", [...subjects, "absent"]));
      assert.equal(found.size, 500);
      for (const [i, subject] of subjects.entries()) assertRows(found.get(subject), rowOf(subject, { sequence: i }));
    });

    test("saving replaces", async ({ unit, run }) => {
      await unit((u) => u.positions.save(run, "order", [rowOf("a"), rowOf("b")]));
      const changed = rowOf("a", { sequence: 6, sequenceEpoch: 2, baseline: 3, parked: 4 });
      await unit((u) => u.positions.save(run, "order", [changed]));
      assertRows(await unit((u) => u.positions.find(run, "order", ["a", "b"])), new Map([["a", changed], ["b", rowOf("b")]]));
    });

    test("are kept apart by handler, epoch and stream", async ({ unit, run }) => {
      await unit((u) => u.positions.save(run, "order", [rowOf("a")]));
      assert.equal((await unit((u) => u.positions.find(run, "invoice", ["a"]))).size, 0);
      assert.equal((await unit((u) => u.positions.find({ ...run, epoch: 2 }, "order", ["a"]))).size, 0);
      assert.equal((await unit((u) => u.positions.find({ ...run, handlerId: run.handlerId + 1 }, "order", ["a"]))).size, 0);
    });

    test("keep odd subjects", async ({ unit, run }) => {
      const subjects = ["", " ", "ünï-🚚", "a'b\"c\\d", "x".repeat(500)];
      await unit((u) => u.positions.save(run, "order", subjects.map((subject) => rowOf(subject))));
      assert.deepEqual([...(await unit((u) => u.positions.find(run, "order", subjects))).keys()].sort(), subjects.toSorted());
      assert.deepEqual([...(await unit((u) => u.positions.lock(run, "order", subjects, { wait: false })))].sort(), subjects.toSorted());
    });

    test("lock gets subjects that have no row yet, and those it holds already", async ({ unit, run }) => {
      await unit((u) => u.positions.save(run, "order", [rowOf("b")]));
      await unit(async (u) => {
        assert.deepEqual(await u.positions.lock(run, "order", ["b", "a"], { wait: true }), new Set(["a", "b"]));
        assert.deepEqual(await u.positions.lock(run, "order", ["b", "c"], { wait: false }), new Set(["b", "c"]));
      });
    });

    test("lost numbers are remembered, both ends included", async ({ unit, run }) => {
      await unit(async (u) => {
        await u.positions.addLost(run, "order", "a", 3, 5);
        await u.positions.addLost(run, "order", "a", 9, 9);
      });
      const lost: number[] = [];
      await unit(async (u) => {
        for (let n = 1; n <= 10; n++) if (await u.positions.isLost(run, "order", "a", n)) lost.push(n);
        assert.equal(await u.positions.isLost(run, "order", "b", 4), false);
        assert.equal(await u.positions.isLost(run, "invoice", "a", 4), false);
        assert.equal(await u.positions.isLost({ ...run, epoch: 2 }, "order", "a", 4), false);
      });
      assert.deepEqual(lost, [3, 4, 5, 9]);
    });

    test("declaring the same numbers lost again changes nothing", async ({ unit, run }) => {
      await unit((u) => u.positions.addLost(run, "order", "a", 3, 5));
      await unit((u) => u.positions.addLost(run, "order", "a", 3, 5));
      assert.equal(await unit((u) => u.positions.isLost(run, "order", "a", 5)), true);
    });

    test(
      "a lock that does not wait leaves out what another transaction holds",
      async ({ unit, run }) => {
        await unit((u) => u.positions.save(run, "order", [rowOf("a"), rowOf("b")]));
        await unit(async (u) => {
          await u.positions.lock(run, "order", ["a", "new"], { wait: true });
          const held = await unit((v) => v.positions.lock(run, "order", ["new", "c", "b", "a"], { wait: false }));
          assert.deepEqual(held, new Set(["b", "c"]));
        });
        const held = await unit((v) => v.positions.lock(run, "order", ["new", "a"], { wait: false }));
        assert.deepEqual(held, new Set(["a", "new"]), "locks end with their transaction");
      },
      { features: ["concurrentWriters"] },
    );

    test(
      "a lock that waits gets all, after the other transaction has ended",
      async ({ unit, run }) => {
        const order: string[] = [];
        const [locked, tried] = [gate(), gate()];
        const first = unit(async (u) => {
          await u.positions.lock(run, "order", ["b"], { wait: true });
          locked.open();
          await tried.opened;
          await manyStatements(u);
          await u.positions.save(run, "order", [rowOf("b", { sequence: 6 })]);
          order.push("first saves");
        });
        const second = unit(async (u) => {
          await locked.opened;
          tried.open();
          assert.deepEqual(await u.positions.lock(run, "order", ["c", "b", "a"], { wait: true }), new Set(["a", "b", "c"]));
          order.push("second locks");
          assert.equal((await u.positions.find(run, "order", ["b"])).get("b")?.sequence, 6);
        });
        await Promise.all([first, second]);
        assert.deepEqual(order, ["first saves", "second locks"]);
      },
      { features: ["concurrentWriters"] },
    );

    test(
      "locks taken in opposite orders never deadlock",
      async ({ unit, run }) => {
        const subjects = Array.from({ length: 50 }, (_, i) => `o-${i}`);
        const lockAndSave = (some: readonly string[]) =>
          unit(async (u) => {
            await u.positions.lock(run, "order", some, { wait: true });
            await u.positions.save(run, "order", some.map((subject) => rowOf(subject)));
          });
        for (let round = 0; round < 5; round++) await Promise.all([lockAndSave(subjects), lockAndSave(subjects.toReversed())]);
        assert.equal((await unit((u) => u.positions.find(run, "order", subjects))).size, 50);
      },
      { features: ["concurrentWriters"] },
    );
  });
}
