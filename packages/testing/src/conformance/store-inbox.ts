import assert from "node:assert/strict";
import { describe } from "node:test";
import type { InboxRow } from "throughline/seams";
import { assertRows, gate, manyStatements, registerHandler, storeTests, uuid } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

export function storeInbox<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);
  const rowOf = (key: string, parts: Partial<InboxRow> = {}): InboxRow => ({
    key,
    partition: 3,
    offset: 44,
    outcome: "applied",
    handledAtMs: 5_000,
    durationMicros: 120,
    ...parts,
  });

  describe("inbox", () => {
    test("finds the rows that exist among many keys", async ({ unit, run }) => {
      const odd = [
        "",
        "https://shop.example/orders 1",
        "ünï-🚚",
        "a'b\"c\\d",
        "x".repeat(1_000),
        "01890000-0000-7000-8000-00000000000G",
        "NULL",
      ];
      const keys = [...odd, ...Array.from({ length: 500 }, (_, i) => uuid(i))];
      await unit((u) =>
        u.inbox.add(
          run,
          keys.map((key, i) => rowOf(key, { offset: i })),
        ),
      );
      const found = await unit((u) => u.inbox.find(run, [...keys, "absent", uuid(9_999)]));
      assert.equal(found.size, keys.length);
      for (const [i, key] of keys.entries()) assertRows(found.get(key), rowOf(key, { offset: i }));
      assert.equal((await unit((u) => u.inbox.find(run, []))).size, 0);
    });

    test("tells apart keys that differ only in case", async ({ unit, run }) => {
      const keys = ["ABCDEF00-0000-7000-8000-00000000000A#x", "abcdef00-0000-7000-8000-00000000000a#x"];
      await unit((u) =>
        u.inbox.add(
          run,
          keys.map((key) => rowOf(key)),
        ),
      );
      assert.deepEqual([...(await unit((u) => u.inbox.find(run, keys))).keys()].sort(), keys);
    });

    test("keeps every outcome", async ({ unit, run }) => {
      const rows = (["applied", "stale", "discarded"] as const).map((outcome) => rowOf(outcome, { outcome }));
      await unit((u) => u.inbox.add(run, rows));
      const found = await unit((u) =>
        u.inbox.find(
          run,
          rows.map((row) => row.key),
        ),
      );
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
      assert.deepEqual(
        lost.map((attempt) => attempt.reason.code),
        ["INBOX_CONFLICT"],
      );
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
      await unit((u) =>
        u.inbox.add(
          run,
          Array.from({ length: 10 }, (_, i) => rowOf(`k-${i}`, { handledAtMs: i })),
        ),
      );
      assert.equal(await unit((u) => u.inbox.forget(7, 4)), 4);
      assert.equal(await unit((u) => u.inbox.forget(7, 100)), 3);
      assert.equal(await unit((u) => u.inbox.forget(7, 100)), 0);
      const found = await unit((u) =>
        u.inbox.find(
          run,
          Array.from({ length: 10 }, (_, i) => `k-${i}`),
        ),
      );
      assert.deepEqual([...found.keys()].sort(), ["k-7", "k-8", "k-9"]);
    });
  });
}
