import assert from "node:assert/strict";
import { describe } from "node:test";
import { storeTests } from "./store-fixture.ts";
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
