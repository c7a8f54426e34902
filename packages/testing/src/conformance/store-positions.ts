import assert from "node:assert/strict";
import { describe } from "node:test";
import type { PositionRow, UnitOfWork } from "throughline/seams";
import { assertRows, cursorOf, gate, manyStatements, storeTests, uuid } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

export function storePositions<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);
  const rowOf = (subject: string, parts: Partial<PositionRow> = {}): PositionRow => ({
    subject,
    sequence: 5,
    sequenceEpoch: 1,
    baseline: 2,
    parked: 0,
    ...parts,
  });

  describe("positions", () => {
    test("are reopened together, those of one stream of one run", async ({ unit, run }) => {
      const row = (subject: string) => ({ subject, sequence: 7, sequenceEpoch: 1, baseline: 3, parked: 2 });
      await unit(async (u) => {
        await u.positions.save(run, "order", [row("a"), row("b")]);
        await u.positions.save(run, "invoice", [row("a")]);
        await u.positions.save({ ...run, epoch: 2 }, "order", [row("a")]);
      });
      await unit((u) => u.positions.reopen(run, "order"));
      const find = (of: typeof run, stream: string) => unit((u) => u.positions.find(of, stream, ["a", "b"]));
      assertRows(
        [...(await find(run, "order")).values()].toSorted((a, b) => a.subject.localeCompare(b.subject)),
        [
          { ...row("a"), baseline: 0 },
          { ...row("b"), baseline: 0 },
        ],
      );
      assertRows([...(await find(run, "invoice")).values()], [row("a")]);
      assertRows([...(await find({ ...run, epoch: 2 }, "order")).values()], [row("a")]);
    });

    test("saves and finds 500 subjects", async ({ unit, run }) => {
      const subjects = Array.from({ length: 500 }, (_, i) => `o-${i}`);
      await unit((u) =>
        u.positions.save(
          run,
          "order",
          subjects.map((subject, i) => rowOf(subject, { sequence: i })),
        ),
      );
      const found = await unit((u) => u.positions.find(run, "order", [...subjects, "absent"]));
      assert.equal(found.size, 500);
      for (const [i, subject] of subjects.entries()) assertRows(found.get(subject), rowOf(subject, { sequence: i }));
    });

    test("saving replaces", async ({ unit, run }) => {
      await unit((u) => u.positions.save(run, "order", [rowOf("a"), rowOf("b")]));
      const changed = rowOf("a", { sequence: 6, sequenceEpoch: 2, baseline: 3, parked: 4 });
      await unit((u) => u.positions.save(run, "order", [changed]));
      assertRows(
        await unit((u) => u.positions.find(run, "order", ["a", "b"])),
        new Map([
          ["a", changed],
          ["b", rowOf("b")],
        ]),
      );
    });

    test("are kept apart by handler, epoch and stream", async ({ unit, run }) => {
      await unit((u) => u.positions.save(run, "order", [rowOf("a")]));
      assert.equal((await unit((u) => u.positions.find(run, "invoice", ["a"]))).size, 0);
      assert.equal((await unit((u) => u.positions.find({ ...run, epoch: 2 }, "order", ["a"]))).size, 0);
      assert.equal((await unit((u) => u.positions.find({ ...run, handlerId: run.handlerId + 1 }, "order", ["a"]))).size, 0);
    });

    test("keep odd subjects", async ({ unit, run }) => {
      const subjects = ["", " ", "ünï-🚚", "a'b\"c\\d", "x".repeat(500)];
      await unit((u) =>
        u.positions.save(
          run,
          "order",
          subjects.map((subject) => rowOf(subject)),
        ),
      );
      assert.deepEqual([...(await unit((u) => u.positions.find(run, "order", subjects))).keys()].sort(), subjects.toSorted());
      assert.deepEqual(
        [...(await unit((u) => u.positions.lock(run, "order", subjects, { wait: false })))].sort(),
        subjects.toSorted(),
      );
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
        await u.positions.addLost(run, "order", "a", { sequenceEpoch: 0, from: 3, to: 5 });
        await u.positions.addLost(run, "order", "a", { sequenceEpoch: 0, from: 9, to: 9 });
      });
      const lost: number[] = [];
      await unit(async (u) => {
        for (let n = 1; n <= 10; n++) if (await u.positions.isLost(run, "order", "a", 0, n)) lost.push(n);
        assert.equal(await u.positions.isLost(run, "order", "b", 0, 4), false);
        assert.equal(await u.positions.isLost(run, "invoice", "a", 0, 4), false);
        assert.equal(await u.positions.isLost(run, "order", "a", 1, 4), false, "another numbering has its own");
        await u.positions.addLost(run, "order", "a", { sequenceEpoch: 1, from: 3, to: 5 });
        assert.equal(await u.positions.isLost(run, "order", "a", 1, 4), true);
        assert.equal(await u.positions.isLost({ ...run, epoch: 2 }, "order", "a", 0, 4), false);
      });
      assert.deepEqual(lost, [3, 4, 5, 9]);
    });

    test("declaring the same numbers lost again changes nothing", async ({ unit, run }) => {
      await unit((u) => u.positions.addLost(run, "order", "a", { sequenceEpoch: 0, from: 3, to: 5 }));
      await unit((u) => u.positions.addLost(run, "order", "a", { sequenceEpoch: 0, from: 3, to: 5 }));
      assert.equal(await unit((u) => u.positions.isLost(run, "order", "a", 0, 5)), true);
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

    for (const held of ["a position", "a cursor"] as const)
      test(
        `what is called behind the lock of ${held} without waiting for it finds what the former holder did`,
        async ({ unit, run }) => {
          const key = uuid(1);
          const row = { key, partition: 0, offset: 7, outcome: "applied", handledAtMs: 1, durationMicros: 1 } as const;
          await unit((u) => u.cursors.add([cursorOf(run)]));
          await unit((u) => u.positions.save(run, "order", [rowOf("known")]));
          const [locked, tried] = [gate(), gate()];
          const lock = async (u: UnitOfWork<unknown>): Promise<unknown> =>
            held === "a cursor"
              ? u.cursors.lock(cursorOf(run))
              : u.positions.lock(run, "order", ["known", "new"], { wait: true });
          const first = unit(async (u) => {
            await lock(u);
            locked.open();
            await tried.opened;
            await manyStatements(u);
            await u.positions.save(run, "order", [rowOf("known", { sequence: 6 }), rowOf("new", { sequence: 1 })]);
            await u.inbox.add(run, [row]);
          });
          const second = unit(async (u) => {
            await locked.opened;
            tried.open();
            const [, subjects, found] = await Promise.all([
              lock(u),
              u.positions.lock(run, "order", ["known", "new", "other"], { wait: false }),
              u.inbox.find(run, [key]),
            ]);
            assert.deepEqual([subjects.size, found.has(key)], [3, true]);
            assert.equal((await u.positions.find(run, "order", ["new"])).get("new")?.sequence, 1);
          });
          await Promise.all([first, second]);
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
            await u.positions.save(
              run,
              "order",
              some.map((subject) => rowOf(subject)),
            );
          });
        for (let round = 0; round < 5; round++) await Promise.all([lockAndSave(subjects), lockAndSave(subjects.toReversed())]);
        assert.equal((await unit((u) => u.positions.find(run, "order", subjects))).size, 50);
      },
      { features: ["concurrentWriters"] },
    );
  });
}
