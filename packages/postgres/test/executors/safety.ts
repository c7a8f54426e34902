import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { outboxRow } from "../store-fixture.ts";
import type { ExecutorUnderTest } from "./executor-under-test.ts";
import { handled, opened } from "./handled.ts";

/** What R2 and R4 promise of every client: each case ends as it would if every event had a connection of its own. */
export function executorSafety<Tx>(underTest: ExecutorUnderTest<Tx>, database: () => Promise<string>): void {
  const { insert, get, raw, nested } = underTest;
  const limit = { timeout: 60_000 };

  describe(`handlers through ${underTest.name}`, () => {
    test("a tx is refused once its handler has settled", limit, async (t) => {
      const client = await opened(t, underTest, await database());
      let late: Tx | undefined;
      let refused = 0;
      const done = await handled(t, client, {
        first: async (tx) => {
          late = tx;
          await insert(tx, "first", 1);
        },
        second: async (tx) => {
          await insert(tx, "second", 1);
          await insert(late as Tx, "late", 1).catch(() => (refused += 1));
        },
        third: (tx) => insert(tx, "third", 1),
      });
      assert.deepEqual(done, { numbers: { first: 1, second: 1, third: 1 }, dead: [] });
      assert.ok(refused > 0);
    });

    test("a statement that was left open touches nothing of the next event", limit, async (t) => {
      const client = await opened(t, underTest, await database());
      const left: Promise<unknown>[] = [];
      const done = await handled(t, client, {
        first: (tx) => insert(tx, "taken", 1),
        leaving: async (tx) => {
          await insert(tx, "leaving", 1);
          left.push(insert(tx, "taken", 2).catch(() => undefined));
        },
        next: async (tx) => {
          await Promise.all(left);
          await insert(tx, "next", 1);
        },
      });
      // Sent in time it fails its own event; too late it is refused, and nobody notices.
      const isRefused = done.dead.length === 0;
      assert.deepEqual(done, {
        numbers: { taken: 1, next: 1, ...(isRefused ? { leaving: 1 } : {}) },
        dead: isRefused ? [] : ["leaving"],
      });
    });

    test("a failed statement that was caught fails its event, and no other", limit, async (t) => {
      const client = await opened(t, underTest, await database());
      const done = await handled(t, client, {
        before: (tx) => insert(tx, "taken", 1),
        catching: async (tx) => {
          await insert(tx, "catching", 1);
          await insert(tx, "taken", 2).catch(() => undefined);
        },
        after: (tx) => insert(tx, "after", 1),
      });
      assert.deepEqual(done, { numbers: { taken: 1, after: 1 }, dead: ["catching"] });
    });

    test(
      "a nested transaction that rolls back undoes its own statements, failed ones too, and nothing else",
      limit,
      async (t) => {
        const client = await opened(t, underTest, await database());
        const mistake = new Error("undo this");
        const done = await handled(t, client, {
          before: (tx) => insert(tx, "before", 1),
          nesting: async (tx) => {
            await insert(tx, "nesting", 1);
            const undone = nested(tx, async (inner) => {
              await insert(inner, "undone", 1);
              throw mistake;
            });
            await assert.rejects(undone, (error) => error === mistake);
            await assert.rejects(nested(tx, (inner) => insert(inner, "before", 2)));
            await nested(tx, (inner) => insert(inner, "inner", 1));
            assert.equal(await get(tx, "undone"), null);
          },
          after: (tx) => insert(tx, "after", 1),
        });
        assert.deepEqual(done, { numbers: { before: 1, nesting: 1, inner: 1, after: 1 }, dead: [] });
      },
    );

    test("BEGIN, COMMIT and ROLLBACK sent through it do nothing to the batch", limit, async (t) => {
      const client = await opened(t, underTest, await database());
      const done = await handled(t, client, {
        before: (tx) => insert(tx, "before", 1),
        committing: async (tx) => {
          await raw(tx, "BEGIN");
          await insert(tx, "committed and undone", 1);
          await raw(tx, "COMMIT");
          throw new Error("a mistake behind its own COMMIT");
        },
        "ending what it did not begin": async (tx) => {
          await insert(tx, "ended", 1);
          await raw(tx, "COMMIT").catch(() => undefined);
        },
        "rolling back": async (tx) => {
          await raw(tx, "ROLLBACK").catch(() => undefined);
          await insert(tx, "behind a rollback", 1).catch(() => undefined);
        },
        after: (tx) => insert(tx, "after", 1),
      });
      assert.deepEqual(done, {
        numbers: { before: 1, after: 1 },
        dead: ["committing", "ending what it did not begin", "rolling back"],
      });
    });

    test("a rehearsal sees what it wrote, keeps nothing of it, and lets no COMMIT through", limit, async (t) => {
      const { store } = await opened(t, underTest, await database());
      const alone = { savepoint: true, alone: true };
      await store.unitOfWork(
        async (unit) => {
          await unit.isolate((tx) => insert(tx, "a", 1), alone);
          const committing = unit.isolate(async (tx) => {
            await insert(tx, "b", 1);
            await raw(tx, "COMMIT");
          }, alone);
          await assert.rejects(Promise.resolve(committing));
          await unit.isolate(async (tx) => assert.deepEqual([await get(tx, "a"), await get(tx, "b")], [1, null]), alone);
        },
        { isRehearsal: true },
      );
      assert.equal((await store.query("SELECT FROM numbers")).rowCount, 0);
    });

    test("a deadlock is a conflict, whatever the client makes of it", limit, async (t) => {
      const { store } = await opened(t, underTest, await database());
      await store.transaction(async (tx) => {
        await insert(tx, "a", 1);
        await insert(tx, "b", 1);
      });
      const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const transfer = (keys: readonly [string, string], mine: () => void, others: Promise<void>): Promise<void> =>
        store.transaction(async (tx) => {
          await raw(tx, `UPDATE numbers SET value = value + 1 WHERE key = '${keys[0]}'`);
          mine();
          await others;
          await raw(tx, `UPDATE numbers SET value = value + 10 WHERE key = '${keys[1]}'`);
        });
      const outcomes = await Promise.allSettled([
        transfer(["a", "b"], first.resolve, second.promise),
        transfer(["b", "a"], second.resolve, first.promise),
      ]);
      const codes = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.code] : []));
      assert.deepEqual(codes, ["TX_CONFLICT"]);
    });

    test("settings of one event reach no other, and an isolation level neither", limit, async (t) => {
      const client = await opened(t, underTest, await database());
      const seen = new Map<string, unknown>();
      const look = async (tx: Tx, event: string): Promise<void> => {
        const [row] = await raw(
          tx,
          "SELECT coalesce(current_setting('app.tenant', true), '') || current_setting('work_mem') AS is",
        );
        seen.set(event, row?.["is"]);
        await insert(tx, event, 1);
      };
      const done = await handled(t, client, {
        before: (tx) => look(tx, "before"),
        local: async (tx) => {
          await raw(tx, "SELECT set_config('app.tenant', 'tenant-1', true)");
          await look(tx, "local");
        },
        "after local": (tx) => look(tx, "after local"),
        session: async (tx) => {
          await raw(tx, "SET work_mem = '9MB'");
          await look(tx, "session");
        },
        "after session": (tx) => look(tx, "after session"),
        level: async (tx) => {
          await insert(tx, "level", 1);
          await raw(tx, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE").catch(() => undefined);
        },
        "after level": (tx) => look(tx, "after level"),
      });
      assert.deepEqual(Object.fromEntries(seen), {
        before: "4MB",
        local: "tenant-14MB",
        "after local": "4MB",
        session: "9MB",
        "after session": "4MB",
        "after level": "4MB",
      });
      assert.deepEqual(done.dead, ["level"]);
    });
  });

  describe(`routes through ${underTest.name}`, () => {
    test("an event leaves if the client's own transaction commits, and the relay is woken then", limit, async (t) => {
      const { store, transaction } = await opened(t, underTest, await database());
      const { promise: woken, resolve } = Promise.withResolvers<void>();
      const mistake = new Error("undo this");
      const undone = transaction(async (tx) => {
        await insert(tx, "undone", 1);
        await store.publishIn(tx, [outboxRow(1)]);
        throw mistake;
      });
      await assert.rejects(undone, (error) => error === mistake);
      t.after(store.onCommitted(() => resolve()).stop);
      await transaction(async (tx) => {
        await insert(tx, "kept", 1);
        await store.publishIn(tx, [outboxRow(2)]);
      });
      await woken;
      assert.deepEqual(await published(store), ["event-2"]);
      assert.deepEqual((await store.query("SELECT key FROM numbers")).rows, [{ key: "kept" }]);
    });

    test("the store's own transaction gives the same kind of tx, and publishes, nested too", limit, async (t) => {
      const { store } = await opened(t, underTest, await database());
      await store.transaction(async (tx) => {
        await insert(tx, "a", 1);
        await store.publishIn(tx, [outboxRow(1)]);
        await nested(tx, (inner) => store.publishIn(inner, [outboxRow(2)]));
        await nested(tx, async (inner) => {
          await store.publishIn(inner, [outboxRow(3)]);
          throw new Error("undo this");
        }).catch(() => undefined);
      });
      assert.deepEqual(await published(store), ["event-1", "event-2"]);
    });

    test("what is no open transaction is refused, by its name", limit, async (t) => {
      const { store, transaction, noTransactions, executor } = await opened(t, underTest, await database());
      let ended: Tx | undefined;
      await transaction(async (tx) => void (ended = tx));
      let endedHere: Tx | undefined;
      await store.transaction(async (tx) => void (endedHere = tx));
      for (const tx of [ended, endedHere, undefined, null, "none"]) await refused(tx, "");
      for (const [name, value] of Object.entries(noTransactions)) await refused(value, name);
      assert.deepEqual(await published(store), []);

      async function refused(tx: unknown, named: string): Promise<void> {
        await assert.rejects(store.publishIn(tx, [outboxRow(1)]), (error: Error & { code?: string }) => {
          assert.equal(error.code, "TX_REQUIRED");
          assert.ok(error.message.includes(named) && error.message.includes(executor.expected), error.message);
          return true;
        });
      }
    });
  });

  async function published(store: Awaited<ReturnType<typeof opened<Tx>>>["store"]): Promise<string[]> {
    return (await store.unitOfWork((unit) => unit.outbox.number(10))).map(({ eventId }) => eventId);
  }
}
