import assert from "node:assert/strict";
import { describe } from "node:test";
import type { ControlRow } from "throughline/seams";
import { storeTests } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

function control(id: string, parts: Partial<ControlRow> = {}): ControlRow {
  return {
    id,
    kind: "pause",
    handlerId: null,
    subject: null,
    tenant: null,
    perSecond: null,
    reason: "“too fast”",
    by: "ana",
    atMs: 5_000,
    untilMs: null,
    ...parts,
  };
}

export function storeControls<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);

  describe("controls", () => {
    test("are kept as they were saved, and replaced by their id", async ({ unit, run }) => {
      const limit = control("b", { kind: "limit", handlerId: run.handlerId, perSecond: 0.5, untilMs: 6_000 });
      const hold = control("c", { kind: "hold", subject: "o-1", reason: null });
      await unit(async (u) => {
        for (const each of [control("a"), limit, hold, control("d", { kind: "hold", tenant: "t" })]) await u.controls.save(each);
      });
      await unit((u) => u.controls.save(control("d", { kind: "hold", tenant: "other" })));
      const all = await unit((u) => u.controls.all());
      assert.deepEqual(
        all.toSorted((a, b) => a.id.localeCompare(b.id)).map((row) => ({ ...row })),
        [control("a"), limit, hold, control("d", { kind: "hold", tenant: "other" })],
      );
    });

    test("are removed once", async ({ unit }) => {
      await unit((u) => u.controls.save(control("a")));
      const removed = await Promise.all([1, 2].map(() => unit((u) => u.controls.remove("a"))));
      assert.deepEqual(removed.sort(), [false, true]);
      assert.deepEqual(await unit((u) => u.controls.all()), []);
    });

    test("a transaction that rolls back leaves them", async ({ unit }) => {
      await unit((u) => u.controls.save(control("a")));
      await assert.rejects(
        unit(async (u) => {
          await u.controls.remove("a");
          throw new Error("no");
        }),
      );
      assert.equal((await unit((u) => u.controls.all())).length, 1);
    });

    test("a limit's time is booked one after the other, and begins anew after an idle time", async ({ unit }) => {
      await unit((u) => u.controls.save(control("a", { kind: "limit", perSecond: 10 })));
      const spend = (costMs: number, nowMs: number) => unit((u) => u.controls.spend("a", costMs, nowMs));
      assert.equal(await spend(100, 10_000), 10_100);
      assert.equal(await spend(50.5, 10_001), 10_150.5);
      const atOnce = await Promise.all([spend(100, 10_001), spend(100, 10_001)]);
      assert.deepEqual(
        atOnce.toSorted((a, b) => a - b),
        [10_250.5, 10_350.5],
      );
      assert.equal(await spend(100, 20_000), 20_100);
      // Changing the limit forgets nothing that was booked.
      await unit((u) => u.controls.save(control("a", { kind: "limit", perSecond: 20 })));
      assert.equal(await spend(100, 20_000), 20_200);
      assert.equal(await unit((u) => u.controls.spend("gone", 100, 7)), 7);
    });
  });
}
