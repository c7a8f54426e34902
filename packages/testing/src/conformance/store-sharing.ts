import assert from "node:assert/strict";
import { describe } from "node:test";
import { gate, manyStatements, outboxRow, storeTests } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

/** Handlers that share one transaction do not touch one another, and what would is refused (R4). */
export function storeSharing<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);
  const shared = { savepoint: false, alone: false };
  const behindSavepoint = { savepoint: true, alone: false };

  describe("sharing a transaction", () => {
    test("behind savepoints, one that fails leaves the others' writes and publishes", async ({
      store,
      unit,
      effects,
      committed,
    }) => {
      await unit(async (u) => {
        await u.isolate((tx) => effects.insertUnique(tx, "a", 1), behindSavepoint);
        const byThrowing = u.isolate(async (tx) => {
          await effects.put(tx, "b", 2);
          await store.publishIn(tx, [outboxRow(1)]);
          throw new Error("a mistake");
        }, behindSavepoint);
        await assert.rejects(byThrowing, /a mistake/);
        const byStatement = u.isolate(async (tx) => {
          await effects.put(tx, "c", 3);
          await effects.insertUnique(tx, "a", 9);
        }, behindSavepoint);
        await assert.rejects(byStatement);
        await u.isolate(async (tx) => {
          await effects.put(tx, "d", 4);
          await store.publishIn(tx, [outboxRow(2)]);
        }, behindSavepoint);
      });
      assert.deepEqual(await Promise.all(["a", "b", "c", "d"].map(committed)), [1, null, null, 4]);
      assert.deepEqual(
        (await unit((u) => u.outbox.number(10))).map((row) => row.eventId),
        [outboxRow(2).eventId],
      );
    });

    test("behind a savepoint, the runtime's own rows are undone by no handler", async ({ unit, run, effects }) => {
      const inboxRow = (key: string) =>
        ({ key, partition: 0, offset: 0, outcome: "applied", handledAtMs: 1, durationMicros: 2 }) as const;
      await unit(async (u) => {
        await u.inbox.add(run, [inboxRow("before")]);
        await assert.rejects(
          u.isolate((tx) => effects.put(tx, "a", 1).then(() => Promise.reject(new Error("a mistake"))), behindSavepoint),
          /a mistake/,
        );
        await u.inbox.add(run, [inboxRow("after")]);
      });
      assert.equal((await unit((u) => u.inbox.find(run, ["before", "after"]))).size, 2);
    });

    test("a unit in which a statement failed cannot commit", async ({ unit, effects, committed }) => {
      await unit((u) => u.isolate((tx) => effects.insertUnique(tx, "taken", 1), shared));
      const failed = unit(async (u) => {
        await u.isolate((tx) => effects.put(tx, "a", 1), shared);
        await u.isolate((tx) => effects.insertUnique(tx, "taken", 2), shared).catch(() => undefined);
      });
      await assert.rejects(failed);
      assert.equal(await committed("a"), null);
    });

    test(
      "a setting lives as long as its transaction where the handler is alone",
      async ({ unit, effects }) => {
        const alone = { savepoint: false, alone: true };
        const seen: (string | null | undefined)[] = [];
        await unit((u) =>
          u.isolate(async (tx) => {
            await effects.setting?.set(tx, "tenant-1");
            seen.push(await effects.setting?.get(tx));
          }, alone),
        );
        await unit((u) => u.isolate(async (tx) => void seen.push(await effects.setting?.get(tx)), alone));
        assert.deepEqual(seen, ["tenant-1", null]);
      },
      { features: ["transactionSettings"], effects: ["setting"] },
    );

    test("behind a savepoint, a statement that one left open fails that one, and not the next", async ({
      unit,
      effects,
      committed,
    }) => {
      await unit((u) => u.isolate((tx) => effects.insertUnique(tx, "taken", 1), behindSavepoint));
      await unit(async (u) => {
        const leaving = u.isolate(
          async (tx) => void effects.insertUnique(tx, "taken", 2).catch(() => undefined),
          behindSavepoint,
        );
        await assert.rejects(leaving, { code: "TX_STATEMENT_FAILED" });
        await u.isolate((tx) => effects.put(tx, "a", 1), behindSavepoint);
      });
      assert.deepEqual([await committed("taken"), await committed("a")], [1, 1]);
    });

    test(
      "one that left a statement open settles when that has ended",
      async ({ unit, effects, committed }) => {
        const order: string[] = [];
        const [held, left] = [gate(), gate()];
        const holder = unit(async (u) => {
          await u.isolate((tx) => effects.put(tx, "k", 1), shared);
          held.open();
          await left.opened;
          await manyStatements(u);
          order.push("the holder ends");
        });
        const leaver = unit(async (u) => {
          await held.opened;
          await u.isolate(async (tx) => {
            effects.put(tx, "k", 2).catch(() => undefined);
            left.open();
          }, shared);
          order.push("the leaver settles");
        });
        await Promise.all([holder, leaver]);
        assert.deepEqual(order, ["the holder ends", "the leaver settles"]);
        assert.equal(await committed("k"), 2);
      },
      { features: ["rowLocks", "concurrentWriters"] },
    );

    test("behind a savepoint, a nested transaction that one left open touches nothing of the next", async ({
      unit,
      effects,
      committed,
    }) => {
      const resume = gate();
      let ended: Promise<unknown> = Promise.resolve();
      await unit(async (u) => {
        const leaving = u.isolate(async (tx) => {
          const begun = gate();
          const nested = effects.nested(tx, async (inner) => {
            await effects.put(inner, "a", 1);
            begun.open();
            await resume.opened;
            throw new Error("undo this");
          });
          ended = nested.catch(() => undefined);
          await begun.opened;
        }, behindSavepoint);
        await assert.rejects(leaving, { code: "TX_STATEMENT_FAILED" });
        await u.isolate(async (tx) => {
          await effects.put(tx, "b", 2);
          resume.open();
          await ended;
          await effects.put(tx, "c", 3);
        }, behindSavepoint);
      });
      assert.deepEqual(await Promise.all(["a", "b", "c"].map(committed)), [null, 2, 3]);
    });

    test(
      "a statement that outlives its event is allowed where the handler is alone",
      async ({ unit, effects, committed }) => {
        await unit((u) =>
          u.isolate(
            async (tx) => {
              await effects.outlive?.(tx);
              await effects.put(tx, "a", 1);
            },
            { savepoint: false, alone: true },
          ),
        );
        assert.equal(await committed("a"), 1);
      },
      { effects: ["outlive"] },
    );

    for (const options of [shared, behindSavepoint]) {
      const behind = options.savepoint ? ", behind a savepoint" : "";

      test(
        `a statement that outlives its event ends sharing, in a nested transaction too${behind}`,
        async ({ unit, effects, committed }) => {
          const plainly = (tx: Tx) => effects.outlive?.(tx) ?? Promise.resolve();
          const inNested = (tx: Tx) => effects.nested(tx, plainly);
          for (const outlive of [plainly, inNested]) {
            const failed = unit(async (u) => {
              await u.isolate((tx) => effects.put(tx, "a", 1), options);
              await u.isolate((tx) => outlive(tx).catch(() => undefined), options);
            });
            await assert.rejects(failed, { code: "TX_SHARING_ENDED", retryable: true });
          }
          assert.equal(await committed("a"), null);
        },
        { effects: ["outlive"] },
      );

      test(
        `a setting never reaches the next handler${behind}`,
        async ({ unit, effects, committed }) => {
          const seen: (string | null | undefined)[] = [];
          const failed = unit(async (u) => {
            await u.isolate((tx) => effects.put(tx, "a", 1), options);
            await u.isolate(async (tx) => {
              await effects.setting?.set(tx, "tenant-1").catch(() => undefined);
              await effects.put(tx, "b", 2).catch(() => undefined);
            }, options);
            await u.isolate(async (tx) => void seen.push(await effects.setting?.get(tx)), options);
          });
          await assert.rejects(failed, { code: "TX_SHARING_ENDED", retryable: true });
          assert.deepEqual(seen, []);
          assert.deepEqual([await committed("a"), await committed("b")], [null, null]);
        },
        { features: ["transactionSettings"], effects: ["setting"] },
      );
    }
  });
}
