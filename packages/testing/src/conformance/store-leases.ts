import assert from "node:assert/strict";
import { describe } from "node:test";
import { assertRows, storeTests } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

export function storeLeases<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);

  describe("leases", () => {
    test("have one owner until they expire", async ({ unit }) => {
      assert.equal(await unit((u) => u.leases.acquire("relay", "a", 1_000, 2_000)), true);
      assert.equal(await unit((u) => u.leases.acquire("relay", "b", 1_999, 3_000)), false);
      assert.equal(await unit((u) => u.leases.acquire("sweeper", "b", 1_999, 3_000)), true);
      assert.equal(await unit((u) => u.leases.acquire("relay", "b", 2_001, 3_000)), true);
      assert.equal(await unit((u) => u.leases.acquire("relay", "a", 2_500, 3_500)), false);
    });

    test("are renewed by their owner", async ({ unit }) => {
      await unit((u) => u.leases.acquire("relay", "a", 1_000, 2_000));
      assert.equal(await unit((u) => u.leases.acquire("relay", "a", 1_500, 4_000)), true);
      assert.equal(await unit((u) => u.leases.acquire("relay", "b", 3_000, 5_000)), false);
    });

    test("are released by their owner only", async ({ unit }) => {
      await unit((u) => u.leases.acquire("relay", "a", 1_000, 2_000));
      await unit((u) => u.leases.release("relay", "b"));
      assert.equal(await unit((u) => u.leases.acquire("relay", "b", 1_500, 3_000)), false);
      await unit((u) => u.leases.release("relay", "a"));
      assert.equal(await unit((u) => u.leases.acquire("relay", "b", 1_500, 3_000)), true);
    });

    test("are listed until they are released, and are over when they have run out", async ({ unit }) => {
      await unit(async (u) => {
        await u.leases.acquire("work/a", "a", 1_000, 2_000);
        await u.leases.acquire("work/b", "b", 1_000, 3_000);
        await u.leases.acquire("work/c", "c", 1_000, 2_000);
        await u.leases.acquire("other/a", "a", 1_000, 2_000);
        await u.leases.release("work/c", "c");
      });
      const list = (prefix: string, nowMs: number) =>
        unit(async (u) => (await u.leases.list(prefix, nowMs)).sort((one, other) => one.name.localeCompare(other.name)));
      const [a, b] = [
        { name: "work/a", owner: "a" },
        { name: "work/b", owner: "b" },
      ];
      assertRows(await list("work/", 1_999), [
        { ...a, isOver: false },
        { ...b, isOver: false },
      ]);
      assertRows(await list("work/", 2_000), [
        { ...a, isOver: true },
        { ...b, isOver: false },
      ]);
      await unit((u) => u.leases.release("work/a", "a"));
      assertRows(await list("work/", 3_000), [{ ...b, isOver: true }]);
      assert.equal((await list("", 1_000)).length, 2);
    });

    test("acquired by eight at once go to one", async ({ unit }) => {
      const got = await Promise.all(
        Array.from({ length: 8 }, (_, i) => unit((u) => u.leases.acquire("relay", `owner-${i}`, 1_000, 2_000))),
      );
      assert.equal(got.filter(Boolean).length, 1);
    });

    test("of a transaction that rolled back are free", async ({ unit }) => {
      const failed = unit(async (u) => {
        assert.equal(await u.leases.acquire("relay", "a", 1_000, 2_000), true);
        throw new Error("undo this");
      });
      await assert.rejects(failed, /undo this/);
      assert.equal(await unit((u) => u.leases.acquire("relay", "b", 1_000, 2_000)), true);
    });
  });
}
