import assert from "node:assert/strict";
import { describe } from "node:test";
import { assertRows, gate, outboxRow, parkedRow, realSurroundings, registerHandler, storeTests } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

export function storeTransactions<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);

  describe("transactions", () => {
    test("declares the features it was tested for", async ({ store }) => {
      assert.deepEqual(store.features, underTest.features);
      assert.ok(store.transactionLimitMs > 0);
    });

    test("commits effects, inbox, positions, parked events and outbox together", async ({ unit, run, effects, committed }) => {
      const result = await unit(async (u) => {
        await u.isolate((tx) => effects.put(tx, "a", 1), { savepoint: false, alone: false });
        await u.inbox.add(run, [{ key: "k", partition: 0, offset: 0, outcome: "applied", handledAtMs: 1, durationMicros: 2 }]);
        await u.positions.save(run, "order", [{ subject: "o", sequence: 1, sequenceEpoch: 1, baseline: 1, parked: 0 }]);
        await u.outbox.add([outboxRow(1)]);
        return "done";
      });
      assert.equal(result, "done");
      assert.equal(await committed("a"), 1);
      await unit(async (u) => {
        assert.equal((await u.inbox.find(run, ["k"])).size, 1);
        assert.equal((await u.positions.find(run, "order", ["o"])).size, 1);
        assert.equal((await u.outbox.backlog()).count, 1);
      });
    });

    test("rolls everything back and rejects with the same error when the work rejects", async ({
      unit,
      run,
      effects,
      committed,
    }) => {
      const mistake = new Error("a mistake of the handler");
      const failed = unit(async (u) => {
        await u.isolate((tx) => effects.put(tx, "a", 1), { savepoint: false, alone: false });
        await u.inbox.add(run, [{ key: "k", partition: 0, offset: 0, outcome: "applied", handledAtMs: 1, durationMicros: 2 }]);
        await u.outbox.add([outboxRow(1)]);
        throw mistake;
      });
      await assert.rejects(failed, (error) => error === mistake);
      assert.equal(await committed("a"), null);
      await unit(async (u) => {
        assert.equal((await u.inbox.find(run, ["k"])).size, 0);
        assert.equal((await u.outbox.backlog()).count, 0);
      });
    });

    test("keeps nothing of a rehearsal that fulfils, and wakes nobody", async ({ store, unit, run, effects, committed }) => {
      let isWoken = false;
      const { stop } = store.onCommitted(() => (isWoken = true));
      const rehearsed = store.unitOfWork(
        async (u) => {
          await u.positions.lock(run, "order", ["o", "o-never-met"], { wait: true });
          await u.isolate((tx) => effects.put(tx, "a", 1), { savepoint: true, alone: false });
          await u.inbox.add(run, [{ key: "k", partition: 0, offset: 0, outcome: "applied", handledAtMs: 1, durationMicros: 2 }]);
          await u.outbox.add([outboxRow(1)]);
          await u.isolate(async (tx) => assert.equal(await effects.get(tx, "a"), 1), { savepoint: true, alone: false });
          return "done";
        },
        { isRehearsal: true },
      );
      if (store.features.hidesStatements) return assert.rejects(rehearsed, { code: "STORE_CANNOT_REHEARSE" });
      assert.equal(await rehearsed, "done");
      stop();
      assert.equal(await committed("a"), null);
      await unit(async (u) => {
        assert.equal((await u.inbox.find(run, ["k"])).size, 0);
        assert.equal((await u.outbox.backlog()).count, 0);
      });
      assert.equal(isWoken, false);
      const mistake = new Error("a mistake of the handler");
      const failed = store.unitOfWork(() => Promise.reject(mistake), { isRehearsal: true });
      await assert.rejects(failed, (error) => error === mistake);
    });

    test(
      "opened as it is found, it is neither claimed nor made another service's",
      async ({ store }) => {
        const [foreign, own] = [await underTest.reconnect?.(store), await underTest.reconnect?.(store)];
        assert.ok(foreign && own);
        const asFound = { surroundings: realSurroundings, asFound: true };
        await assert.rejects(foreign.open({ service: "shipping", ...asFound }), { code: "STORE_OF_ANOTHER_SERVICE" });
        await foreign.close();
        await own.open({ service: "billing", ...asFound });
        assert.deepEqual(await own.unitOfWork((u) => u.service.formerNames()), []);
        await own.close();
      },
      { hooks: ["reconnect"] },
    );

    test("refuses everything once it has ended", async ({ unit, run }) => {
      const ended = await unit(async (u) => u);
      await assert.rejects(ended.inbox.find(run, ["k"]), { code: "TX_ENDED" });
      await assert.rejects(ended.outbox.add([outboxRow(1)]), { code: "TX_ENDED" });
      await assert.rejects(
        ended.isolate(async () => undefined, { savepoint: true, alone: false }),
        { code: "TX_ENDED" },
      );
      await unit(async (u) => assert.equal((await u.outbox.backlog()).count, 0));
    });

    test("a read-only unit sees what is committed", async ({ store, unit, run }) => {
      await unit((u) =>
        u.positions.save(run, "order", [{ subject: "o", sequence: 7, sequenceEpoch: 1, baseline: 1, parked: 0 }]),
      );
      const found = await store.unitOfWork((u) => u.positions.find(run, "order", ["o"]), { readOnly: true });
      assert.equal(found.get("o")?.sequence, 7);
    });

    test("runs twenty transactions at once, each wholly", async ({ unit, effects, committed }) => {
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          unit(async (u) => {
            await u.isolate((tx) => effects.put(tx, `a-${i}`, i), { savepoint: false, alone: false });
            await u.isolate((tx) => effects.put(tx, `b-${i}`, i), { savepoint: false, alone: false });
          }),
        ),
      );
      for (let i = 0; i < 20; i++) assert.deepEqual([await committed(`a-${i}`), await committed(`b-${i}`)], [i, i]);
    });

    test(
      "ends a transaction that is open too long, and others go on",
      async ({ store, unit, run, effects, committed }) => {
        const hanging = unit(async (u) => {
          await u.inbox.add(run, [{ key: "k", partition: 0, offset: 0, outcome: "applied", handledAtMs: 1, durationMicros: 2 }]);
          await u.isolate(
            async (tx) => {
              await effects.put(tx, "a", 1);
              await new Promise(() => undefined);
            },
            { savepoint: true, alone: false },
          );
        });
        await Promise.all([
          assert.rejects(hanging, { code: "TX_TOO_LONG" }),
          unit((u) => u.isolate((tx) => effects.put(tx, "b", 2), { savepoint: false, alone: false })),
        ]);
        assert.equal(await committed("a"), null);
        assert.equal(await committed("b"), 2);
        assert.equal((await store.unitOfWork((u) => u.inbox.find(run, ["k"]))).size, 0);
      },
      { transactionLimitMs: 300 },
    );

    test(
      "rejects with COMMIT_UNKNOWN when the answer to a COMMIT was lost that took effect",
      async ({ store, unit, effects, committed }) => {
        await underTest.loseNextCommit?.(store, "committed");
        const lost = unit((u) => u.isolate((tx) => effects.put(tx, "a", 1), { savepoint: false, alone: false }));
        await assert.rejects(lost, { code: "COMMIT_UNKNOWN", retryable: true });
        assert.equal(await committed("a"), 1);
      },
      { hooks: ["loseNextCommit"] },
    );

    test(
      "rejects with COMMIT_UNKNOWN when the answer to a COMMIT was lost that took no effect",
      async ({ store, unit, effects, committed }) => {
        await underTest.loseNextCommit?.(store, "rolled-back");
        const lost = unit((u) => u.isolate((tx) => effects.put(tx, "a", 1), { savepoint: false, alone: false }));
        await assert.rejects(lost, { code: "COMMIT_UNKNOWN", retryable: true });
        assert.equal(await committed("a"), null);
        await unit((u) => u.isolate((tx) => effects.put(tx, "a", 2), { savepoint: false, alone: false }));
        assert.equal(await committed("a"), 2);
      },
      { hooks: ["loseNextCommit"] },
    );

    test(
      "rejects with STORE_UNAVAILABLE while it cannot be reached, and works again after",
      async ({ store, unit, effects, committed }) => {
        await underTest.setUnavailable?.(store, true);
        const away = unit((u) => u.isolate((tx) => effects.put(tx, "a", 1), { savepoint: false, alone: false }));
        await assert.rejects(away, { code: "STORE_UNAVAILABLE", retryable: true });
        await underTest.setUnavailable?.(store, false);
        assert.equal(await committed("a"), null);
        await unit((u) => u.isolate((tx) => effects.put(tx, "a", 2), { savepoint: false, alone: false }));
        assert.equal(await committed("a"), 2);
      },
      { hooks: ["setUnavailable"] },
    );

    test(
      "refuses to be opened by another service",
      async ({ store }) => {
        const other = await underTest.reconnect?.(store);
        assert.ok(other);
        const surroundings = {
          clock: { now: () => 0, monotonic: () => 0, after: () => ({ cancel: () => undefined }) },
          random: { next: () => 0, fill: (b: Uint8Array) => b },
        };
        await assert.rejects(other.open({ service: "shipping", surroundings }), { code: "STORE_OF_ANOTHER_SERVICE" });
        await other.close();
      },
      { hooks: ["reconnect"] },
    );

    test(
      "shows another connection what was committed",
      async ({ unit, reconnect, effects }) => {
        const run = await unit((u) => registerHandler(u, "seen"));
        await unit((u) => u.isolate((tx) => effects.put(tx, "a", 1), { savepoint: false, alone: false }));
        const other = await reconnect();
        assert.equal(await effects.transaction(other, (tx) => effects.get(tx, "a")), 1);
        assert.deepEqual(await other.unitOfWork((u) => registerHandler(u, "seen")), run);
      },
      { hooks: ["reconnect"] },
    );

    test(
      "excludes another connection as it excludes itself",
      async ({ store, run, reconnect, unit }) => {
        const other = await reconnect();
        const cursor = {
          ...run,
          topicId: "t",
          partition: 0,
          topic: "order",
          offset: 0,
          originOffset: 0,
          untilOffset: null,
          logTimeMs: 0,
          reportedOffset: 0,
        };
        await unit((u) => u.cursors.add([cursor]));
        const moved = await Promise.all(
          [store, other].map((each, i) => each.unitOfWork((u) => u.cursors.move(cursor, 0, i + 1, 0))),
        );
        assert.deepEqual(moved.filter(Boolean), [true]);
        const row = { key: "k", partition: 0, offset: 0, outcome: "applied", handledAtMs: 1, durationMicros: 2 } as const;
        const added = await Promise.allSettled([store, other].map((each) => each.unitOfWork((u) => u.inbox.add(run, [row]))));
        assert.deepEqual(
          added.flatMap((each) => (each.status === "rejected" ? [each.reason.code] : [])),
          ["INBOX_CONFLICT"],
        );
      },
      { hooks: ["reconnect"] },
    );

    test(
      "keeps everything over a close",
      async ({ store, run, reconnect, unit, effects }) => {
        await unit(async (u) => {
          await u.isolate((tx) => effects.put(tx, "a", 1), { savepoint: false, alone: false });
          await u.inbox.add(run, [{ key: "k", partition: 0, offset: 0, outcome: "applied", handledAtMs: 1, durationMicros: 2 }]);
          await u.parked.add([parkedRow(run, 1)]);
          await u.outbox.add([outboxRow(1), outboxRow(2, { once: true })]);
        });
        const numbered = await unit((u) => u.outbox.number(1));
        await store.close();
        const again = await reconnect();
        assert.equal(await effects.transaction(again, (tx) => effects.get(tx, "a")), 1);
        await again.unitOfWork(async (u) => {
          assert.deepEqual(await registerHandler(u, "h"), run);
          assert.equal((await u.inbox.find(run, ["k"])).size, 1);
          assertRows(await u.parked.get(parkedRow(run, 1).id), parkedRow(run, 1));
          assertRows((await u.outbox.number(10))[0], numbered[0]);
        });
        await again.unitOfWork((u) => u.outbox.add([outboxRow(2, { once: true })]));
        assert.equal((await again.unitOfWork((u) => u.outbox.backlog())).count, 2);
      },
      { features: ["durable"], hooks: ["reconnect"] },
    );

    test("close waits for running transactions, and can be called again", async ({ store, unit, effects }) => {
      const order: string[] = [];
      const [begun, goOn] = [gate(), gate()];
      const running = unit(async (u) => {
        begun.open();
        await goOn.opened;
        await u.isolate((tx) => effects.put(tx, "a", 1), { savepoint: false, alone: false });
        order.push("written");
      }).then(() => order.push("committed"));
      await begun.opened;
      const closed = store.close().then(() => order.push("closed"));
      goOn.open();
      await Promise.all([running, closed]);
      await store.close();
      assert.deepEqual(order, ["written", "committed", "closed"]);
      await assert.rejects(
        unit(async () => undefined),
        { code: "STORE_CLOSED" },
      );
    });
  });
}
