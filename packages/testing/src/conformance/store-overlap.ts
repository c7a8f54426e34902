import assert from "node:assert/strict";
import { describe } from "node:test";
import { gate, manyStatements, outboxRow, storeTests } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

/** Handlers that only write run at once in one transaction, and whatever would need more than atomic statements ends that (R4). */
export function storeOverlap<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);
  const overlapping = { savepoint: false, alone: false, overlap: true };

  describe("overlapping in one transaction", () => {
    test("several write and publish at once, and all commits", async ({ store, unit, effects, committed }) => {
      const [first, second] = [gate(), gate()];
      await unit((u) =>
        Promise.all([
          u.isolate(async (tx) => {
            await effects.put(tx, "a", 1);
            first.open();
            await second.opened;
            await effects.put(tx, "a2", 2);
          }, overlapping),
          u.isolate(async (tx) => {
            await first.opened;
            await effects.insertUnique(tx, "b", 3);
            await store.publishIn(tx, [outboxRow(1)]);
            second.open();
          }, overlapping),
        ]),
      );
      assert.deepEqual(await Promise.all(["a", "a2", "b"].map(committed)), [1, 2, 3]);
      assert.equal((await unit((u) => u.outbox.backlog())).count, 1);
    });

    test("refuses a statement that comes after its handler settled, though another is still open", async ({
      unit,
      effects,
      committed,
    }) => {
      const resume = gate();
      let late: unknown;
      await unit(async (u) => {
        let kept: Tx | undefined;
        const open = u.isolate(async (tx) => {
          await resume.opened;
          await effects.put(tx, "a", 1);
        }, overlapping);
        await u.isolate(async (tx) => void (kept = tx), overlapping);
        await effects.put(kept as Tx, "b", 2).catch((error: unknown) => (late = error));
        resume.open();
        await open;
      });
      assert.equal((late as { code?: string }).code, "TX_ENDED");
      assert.deepEqual([await committed("a"), await committed("b")], [1, null]);
    });

    test("a failed statement fails its handler, caught or not, and the unit cannot commit", async ({
      unit,
      effects,
      committed,
    }) => {
      await unit((u) => u.isolate((tx) => effects.put(tx, "taken", 1), { savepoint: false, alone: false }));
      for (const caught of [true, false]) {
        let inHandler: unknown;
        const failed = unit(async (u) => {
          const resume = gate();
          const other = u.isolate(async (tx) => {
            await resume.opened;
            await effects.put(tx, "other", 1);
          }, overlapping);
          await u
            .isolate(async (tx) => {
              const statement = effects.insertUnique(tx, "taken", 2);
              await (caught ? statement.catch(() => undefined) : statement);
            }, overlapping)
            .catch((error: unknown) => (inHandler = error));
          resume.open();
          await other.catch(() => undefined);
        });
        await assert.rejects(failed);
        assert.ok(inHandler instanceof Error);
        assert.deepEqual([await committed("taken"), await committed("other")], [1, null]);
      }
    });

    const ending: readonly [title: string, work: (effects: typeof underTest.effects, tx: Tx) => Promise<unknown>][] = [
      ["a statement that returns rows", (effects, tx) => effects.get(tx, "a")],
      ["a nested transaction", (effects, tx) => effects.nested(tx, (inner) => effects.put(inner, "b", 1))],
    ];
    for (const [title, work] of ending) {
      test(`${title} ends it, caught or not, and nothing commits`, async ({ unit, effects, committed }) => {
        for (const caught of [true, false]) {
          const failed = unit(async (u) => {
            await u.isolate((tx) => effects.put(tx, "a", 1), overlapping);
            await u.isolate(async (tx) => {
              const statement = work(effects, tx);
              await (caught ? statement.catch(() => undefined) : statement);
            }, overlapping);
          });
          await assert.rejects(failed, { code: "TX_OVERLAP_ENDED", retryable: true });
        }
        assert.equal(await committed("a"), null);
      });
    }

    test(
      "an explicit lock ends it",
      async ({ unit, effects }) => {
        const failed = unit((u) => u.isolate(async (tx) => effects.increment?.(tx, "a", 1), overlapping));
        await assert.rejects(failed, { code: "TX_OVERLAP_ENDED" });
      },
      { features: ["rowLocks"], effects: ["increment"] },
    );

    test(
      "an ORM's own BEGIN ends it",
      async ({ unit, effects }) => {
        const failed = unit((u) =>
          u.isolate((tx) => effects.beginCommit?.(tx, (inner) => effects.put(inner, "a", 1)) ?? Promise.resolve(), overlapping),
        );
        await assert.rejects(failed, { code: "TX_OVERLAP_ENDED" });
      },
      { effects: ["beginCommit"] },
    );

    test(
      "a statement that outlives its event ends sharing",
      async ({ unit, effects }) => {
        const failed = unit((u) => u.isolate(async (tx) => effects.outlive?.(tx), overlapping));
        await assert.rejects(failed, { code: "TX_SHARING_ENDED" });
      },
      { effects: ["outlive"] },
    );
  });

  describe("a handler's lock", () => {
    test(
      "is waited for until its holder's transaction has ended",
      async ({ unit, run }) => {
        const order: string[] = [];
        const held = gate();
        const first = unit(async (u) => {
          await u.lockHandler(run.handlerId);
          held.open();
          await manyStatements(u);
          order.push("the first ends");
        });
        const second = unit(async (u) => {
          await held.opened;
          await u.lockHandler(run.handlerId);
          order.push("the second has it");
        });
        await Promise.all([first, second]);
        assert.deepEqual(order, ["the first ends", "the second has it"]);
      },
      { features: ["concurrentWriters"] },
    );

    test(
      "holds up no other handler, and nobody who does not ask for it",
      async ({ unit, run, effects, committed }) => {
        await unit(async (u) => {
          await u.lockHandler(run.handlerId);
          await unit(async (v) => {
            await v.lockHandler(run.handlerId + 1);
            await v.isolate((tx) => effects.put(tx, "a", 1), { savepoint: false, alone: false });
          });
        });
        assert.equal(await committed("a"), 1);
      },
      { features: ["concurrentWriters"] },
    );
  });
}
