import assert from "node:assert/strict";
import { describe } from "node:test";
import { numbered, outboxRow, parkedRow, storeTests } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

export function storePublishing<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);

  describe("publishing in the user's transaction", () => {
    test("commits the event with the transaction", async ({ store, unit, effects, committed }) => {
      await effects.transaction(store, async (tx) => {
        await effects.put(tx, "a", 1);
        await store.publishIn(tx, [outboxRow(1), outboxRow(2)]);
      });
      assert.equal(await committed("a"), 1);
      assert.deepEqual(numbered(await unit((u) => u.outbox.number(10))), [
        [1, 1],
        [2, 2],
      ]);
    });

    test("publishes nothing when the transaction rolls back", async ({ store, unit, effects }) => {
      const mistake = new Error("a mistake of the route");
      const failed = effects.transaction(store, async (tx) => {
        await store.publishIn(tx, [outboxRow(1)]);
        throw mistake;
      });
      await assert.rejects(failed, (error) => error === mistake);
      assert.deepEqual(await unit((u) => u.outbox.number(10)), []);
    });

    test("publishes with a handler's transaction", async ({ store, unit }) => {
      await unit((u) => u.isolate((tx) => store.publishIn(tx, [outboxRow(1)]), { savepoint: true, alone: false }));
      assert.deepEqual(numbered(await unit((u) => u.outbox.number(10))), [[1, 1]]);
    });

    test("publishes nothing from a nested transaction that was rolled back", async ({ store, unit, effects }) => {
      await effects.transaction(store, async (tx) => {
        await store.publishIn(tx, [outboxRow(1)]);
        const undone = effects.nested(tx, async (inner) => {
          await store.publishIn(inner, [outboxRow(2)]);
          throw new Error("undo this");
        });
        await assert.rejects(undone, /undo this/);
        await store.publishIn(tx, [outboxRow(3)]);
      });
      assert.deepEqual(numbered(await unit((u) => u.outbox.number(10))), [
        [1, 1],
        [3, 2],
      ]);
    });

    for (const [given, value] of [
      ["nothing", undefined],
      ["null", null],
      ["a plain object", {}],
      ["a string", "tx"],
    ] as const) {
      test(`refuses ${given} with TX_REQUIRED`, async ({ store, unit }) => {
        await assert.rejects(store.publishIn(value, [outboxRow(1)]), { code: "TX_REQUIRED" });
        assert.equal((await unit((u) => u.outbox.backlog())).count, 0);
      });
    }

    test("refuses a transaction that has ended with TX_REQUIRED", async ({ store, unit, effects }) => {
      const ofRoute = await effects.transaction(store, async (tx) => tx);
      await assert.rejects(store.publishIn(ofRoute, [outboxRow(1)]), { code: "TX_REQUIRED" });
      const ofHandler = await unit((u) => u.isolate(async (tx) => tx, { savepoint: false, alone: false }));
      await assert.rejects(store.publishIn(ofHandler, [outboxRow(1)]), { code: "TX_REQUIRED" });
      assert.equal((await unit((u) => u.outbox.backlog())).count, 0);
    });

    test("refuses a transaction of another store with TX_REQUIRED", async ({ store, unit, effects, another }) => {
      const other = await another();
      await effects.transaction(other, (tx) => assert.rejects(store.publishIn(tx, [outboxRow(1)]), { code: "TX_REQUIRED" }));
      for (const backlog of [await unit((u) => u.outbox.backlog()), await other.unitOfWork((u) => u.outbox.backlog())])
        assert.equal(backlog.count, 0);
    });
  });

  describe("onCommitted", () => {
    test("is called after a commit that published, and sees its rows", async ({ store, unit, effects, until, t }) => {
      const backlogs: Promise<{ count: number }>[] = [];
      const subscription = store.onCommitted(() => backlogs.push(unit((u) => u.outbox.backlog())));
      t.after(() => subscription.stop());
      await effects.transaction(store, (tx) => store.publishIn(tx, [outboxRow(1)]));
      await until("the listener is called", () => backlogs.length > 0);
      assert.equal((await backlogs[0])?.count, 1);
    });

    test("is called after a commit that made a parked event due", async ({ store, unit, run, until, t }) => {
      let calls = 0;
      const subscription = store.onCommitted(() => (calls += 1));
      t.after(() => subscription.stop());
      await unit((u) => u.parked.add([parkedRow(run, 1, { dueAtMs: 1_000 })]));
      await until("the listener is called for a new one", () => calls > 0);
      await unit((u) => u.parked.add([parkedRow(run, 2, { subject: "o-2" })]));
      const before = calls;
      await unit((u) => u.parked.update([parkedRow(run, 2, { subject: "o-2", dueAtMs: 1_000 })]));
      await until("the listener is called for one that became due", () => calls > before);
    });

    test("is not called after a rollback, after a commit without news, nor after stop", async ({ store, effects, until, t }) => {
      const seen: string[] = [];
      const stopped = store.onCommitted(() => seen.push("stopped"));
      stopped.stop();
      let phase = "no news";
      const subscription = store.onCommitted(() => seen.push(phase));
      t.after(() => subscription.stop());
      const failed = effects.transaction(store, async (tx) => {
        await store.publishIn(tx, [outboxRow(1)]);
        throw new Error("undo this");
      });
      await assert.rejects(failed, /undo this/);
      for (let i = 0; i < 20; i++) await effects.transaction(store, (tx) => effects.put(tx, "a", i));
      phase = "published";
      await effects.transaction(store, (tx) => store.publishIn(tx, [outboxRow(2)]));
      await until("the listener is called", () => seen.length > 0);
      assert.deepEqual([...new Set(seen)], ["published"]);
    });
  });
}
