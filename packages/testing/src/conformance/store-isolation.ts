import assert from "node:assert/strict";
import { describe } from "node:test";
import { gate, storeTests } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

const modes = [
  { mode: "shared", options: { savepoint: false, alone: false } },
  { mode: "shared, with savepoints", options: { savepoint: true, alone: false } },
  { mode: "alone", options: { savepoint: false, alone: true } },
] as const;

/** Each case ends as it would if every handler had a transaction of its own (R4). */
export function storeIsolation<Tx>(underTest: StoreUnderTest<Tx>): void {
  for (const { mode, options } of modes) storeIsolationIn(underTest, mode, options);
}

function storeIsolationIn<Tx>(
  underTest: StoreUnderTest<Tx>,
  mode: string,
  options: { savepoint: boolean; alone: boolean },
): void {
  const test = storeTests(underTest);

  describe(`a handler's transaction, ${mode}`, () => {
    /** Runs the handlers one after the other: in one unit where they share, each in its own where they are alone. */
    const handle = async (
      unit: Parameters<Parameters<typeof test>[1]>[0]["unit"],
      handlers: readonly ((tx: Tx) => Promise<void>)[],
    ) => {
      if (options.alone) for (const handler of handlers) await unit((u) => u.isolate(handler, options));
      else
        await unit(async (u) => {
          for (const handler of handlers) await u.isolate(handler, options);
        });
    };

    test(
      "two credits of one row add up, and wait for a third from outside",
      async ({ store, unit, effects, committed }) => {
        const credit = async (tx: Tx) => effects.increment?.(tx, "account", 10);
        await effects.transaction(store, (tx) => effects.put(tx, "account", 0));
        await Promise.all([handle(unit, [credit, credit]), effects.transaction(store, credit)]);
        assert.equal(await committed("account"), 30);
      },
      { effects: ["increment"] },
    );

    test(
      "of two handlers in a deadlock one commits, and the other rejects with TX_CONFLICT, whatever its code made of the error",
      async ({ unit, effects, committed }) => {
        const [first, second] = [gate(), gate()];
        const transfer = (from: string, to: string, mine: typeof first, others: typeof first) =>
          handle(unit, [
            async (tx) => {
              await effects.increment?.(tx, from, 1);
              mine.open();
              await others.opened;
              await effects.increment?.(tx, to, 10).catch((cause: unknown) => {
                throw new Error("an ORM's error around it", { cause });
              });
            },
          ]);
        const outcomes = await Promise.allSettled([transfer("a", "b", first, second), transfer("b", "a", second, first)]);
        assert.deepEqual(
          outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.code] : [])),
          ["TX_CONFLICT"],
        );
        assert.deepEqual(new Set([await committed("a"), await committed("b")]), new Set([1, 10]));
      },
      { features: ["rowLocks", "concurrentWriters"], effects: ["increment"] },
    );

    test("a nested transaction that rolled back undoes only its own", async ({ unit, effects, committed }) => {
      await handle(unit, [
        (tx) => effects.put(tx, "a", 1),
        async (tx) => {
          await effects.put(tx, "b", 2);
          const undone = effects.nested(tx, async (inner) => {
            await effects.put(inner, "c", 3);
            assert.equal(await effects.get(inner, "b"), 2);
            throw new Error("undo this");
          });
          await assert.rejects(undone, /undo this/);
          assert.equal(await effects.get(tx, "c"), null);
          await effects.nested(tx, (inner) => effects.put(inner, "d", 4));
        },
        (tx) => effects.put(tx, "e", 5),
      ]);
      assert.deepEqual(await Promise.all(["a", "b", "c", "d", "e"].map(committed)), [1, 2, null, 4, 5]);
    });

    test("a statement that fails inside a nested transaction is undone with it", async ({ unit, effects, committed }) => {
      await handle(unit, [
        (tx) => effects.insertUnique(tx, "taken", 1),
        async (tx) => {
          await assert.rejects(effects.nested(tx, (inner) => effects.insertUnique(inner, "taken", 2)));
          await effects.put(tx, "after", 3);
        },
      ]);
      assert.deepEqual([await committed("taken"), await committed("after")], [1, 3]);
    });

    test("a statement that failed fails the handler, though it caught the error", async ({ unit, effects, committed }) => {
      await handle(unit, [(tx) => effects.insertUnique(tx, "taken", 1)]);
      const failed = handle(unit, [
        async (tx) => {
          await effects.put(tx, "before", 1);
          await effects.insertUnique(tx, "taken", 2).catch(() => undefined);
        },
      ]);
      await assert.rejects(failed, { code: "TX_STATEMENT_FAILED" });
      assert.deepEqual([await committed("taken"), await committed("before")], [1, null]);
    });

    test("a statement that failed and was not awaited fails the handler", async ({ unit, effects, committed }) => {
      await handle(unit, [(tx) => effects.insertUnique(tx, "taken", 1)]);
      const failed = handle(unit, [
        async (tx) => {
          effects.insertUnique(tx, "taken", 2).catch(() => undefined);
          await effects.put(tx, "other", 1).catch(() => undefined);
        },
      ]);
      await assert.rejects(failed, { code: "TX_STATEMENT_FAILED" });
      assert.deepEqual([await committed("taken"), await committed("other")], [1, null]);
    });

    test("rejects with the handler's own error", async ({ unit, effects, committed }) => {
      const mistake = new Error("a mistake of the handler");
      const failed = handle(unit, [
        async (tx) => {
          await effects.put(tx, "a", 1);
          throw mistake;
        },
      ]);
      await assert.rejects(failed, (error) => error === mistake);
      assert.equal(await committed("a"), null);
    });

    test("answers with the handler's result", async ({ unit, effects }) => {
      assert.equal(await unit((u) => u.isolate((tx) => effects.put(tx, "a", 1).then(() => "done"), options)), "done");
    });

    test(
      "an ORM's own BEGIN and COMMIT do not commit the batch",
      async ({ unit, effects, committed }) => {
        const failed = unit(async (u) => {
          await u.isolate(async (tx) => {
            await effects.put(tx, "a", 1);
            await effects.beginCommit?.(tx, (inner) => effects.put(inner, "b", 2));
            assert.equal(await effects.get(tx, "b"), 2);
          }, options);
          throw new Error("undo this");
        });
        await assert.rejects(failed, /undo this/);
        assert.deepEqual([await committed("a"), await committed("b")], [null, null]);
      },
      { effects: ["beginCommit"] },
    );

    test(
      "an ORM's own BEGIN and ROLLBACK undo only what stands between them",
      async ({ unit, effects, committed }) => {
        await handle(unit, [
          (tx) => effects.put(tx, "a", 1),
          async (tx) => {
            await effects.put(tx, "b", 2);
            const undone = effects.beginCommit?.(tx, async (inner) => {
              await effects.put(inner, "c", 3);
              throw new Error("undo this");
            });
            await assert.rejects(undone ?? Promise.resolve(), /undo this/);
            await effects.beginCommit?.(tx, (inner) => effects.put(inner, "d", 4));
          },
          (tx) => effects.put(tx, "e", 5),
        ]);
        assert.deepEqual(await Promise.all(["a", "b", "c", "d", "e"].map(committed)), [1, 2, null, 4, 5]);
      },
      { effects: ["beginCommit"] },
    );

    test("refuses a statement that comes after the handler settled", async ({ unit, effects, committed }) => {
      let late: Tx | undefined;
      const refused: unknown[] = [];
      await handle(unit, [
        async (tx) => {
          late = tx;
          await effects.put(tx, "a", 1);
        },
        async (tx) => {
          await effects.put(tx, "b", 2);
          assert.ok(late !== undefined);
          await effects.put(late, "late", 9).catch((error: unknown) => refused.push(error));
          await effects.nested(late, (inner) => effects.put(inner, "late", 9)).catch((error: unknown) => refused.push(error));
          await effects.put(tx, "c", 3);
        },
      ]);
      assert.equal(refused.length, 2);
      assert.deepEqual(await Promise.all(["a", "b", "c", "late"].map(committed)), [1, 2, 3, null]);
    });

    test("waits for a statement that the handler left open", async ({ unit, effects, committed }) => {
      await handle(unit, [
        async (tx) => {
          effects.put(tx, "a", 1).catch(() => undefined);
        },
        async (tx) => assert.equal(await effects.get(tx, "a"), 1),
      ]);
      assert.equal(await committed("a"), 1);
    });

    test("fails a handler that left a nested transaction open, whose rest then touches nothing", async ({
      unit,
      effects,
      committed,
    }) => {
      const resume = gate();
      const ended: Promise<unknown>[] = [];
      const failed = handle(unit, [
        async (tx) => {
          const begun = gate();
          const nested = effects.nested(tx, async (inner) => {
            await effects.put(inner, "a", 1);
            begun.open();
            await resume.opened;
            await effects.put(inner, "late", 1);
          });
          ended.push(nested.catch(() => undefined));
          await begun.opened;
        },
      ]);
      await assert.rejects(failed, { code: "TX_STATEMENT_FAILED" });
      await handle(unit, [
        async (tx) => {
          await effects.put(tx, "b", 2);
          resume.open();
          await Promise.all(ended);
          await effects.put(tx, "c", 3);
        },
      ]);
      assert.deepEqual(await Promise.all(["a", "late", "b", "c"].map(committed)), [null, null, 2, 3]);
    });

    test(
      "ends a handler that hangs at the store's limit, and neighbours go on",
      async ({ unit, effects, committed }) => {
        const hanging = handle(unit, [
          async (tx) => {
            await effects.put(tx, "a", 1);
            await new Promise(() => undefined);
          },
        ]);
        const neighbour = handle(unit, [(tx) => effects.put(tx, "b", 2)]);
        await assert.rejects(hanging, { code: "TX_TOO_LONG" });
        await neighbour;
        await handle(unit, [(tx) => effects.put(tx, "a", 3)]);
        assert.deepEqual([await committed("a"), await committed("b")], [3, 2]);
      },
      { transactionLimitMs: 300 },
    );

    test("the next handler sees what the one before wrote", async ({ unit, effects }) => {
      await handle(unit, [(tx) => effects.put(tx, "a", 1), async (tx) => assert.equal(await effects.get(tx, "a"), 1)]);
    });
  });
}
