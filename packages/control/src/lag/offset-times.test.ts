import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OffsetTimes } from "./offset-times.ts";
import { catchUpMs, trendPerSecond } from "./lag-trend.ts";

test("a table of a day at one point each five seconds tells every offset's time within five percent of its age", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 40 }), (rates) => {
      const table = new OffsetTimes();
      const truth: { offset: number; atMs: number }[] = [];
      let offset = 0;
      const samples = 86_400 / 5;
      for (let i = 0; i < samples; i += 1) {
        offset += 1 + rates[Math.floor((i * rates.length) / samples)]!;
        table.add({ offset, atMs: i * 5000 });
        if (i % 97 === 0) truth.push({ offset, atMs: i * 5000 });
      }
      const nowMs = samples * 5000;
      assert.ok(table.points.length <= 360);
      for (const { offset: asked, atMs } of truth) {
        const found = table.timeOf(asked);
        assert.ok(
          typeof found === "number" && Math.abs(found - atMs) <= Math.max(5000, 0.05 * (nowMs - atMs)),
          `${found} ${atMs}`,
        );
      }
    }),
    { numRuns: 5 },
  );
});

test("times never go back with the offset, within what was sampled", () => {
  const steps = fc.array(fc.record({ by: fc.integer({ min: 0, max: 50 }), afterMs: fc.integer({ min: 1, max: 9000 }) }), {
    minLength: 3,
    maxLength: 400,
  });
  fc.assert(
    fc.property(steps, (steps) => {
      const table = new OffsetTimes([], 20);
      let [offset, atMs] = [0, 0];
      for (const step of steps) table.add({ offset: (offset += step.by), atMs: (atMs += step.afterMs) });
      let before = Number.NEGATIVE_INFINITY;
      for (let asked = table.points[0]!.offset; asked < offset; asked += 1) {
        const found = table.timeOf(asked);
        assert.ok(typeof found === "number" && found >= before && found <= atMs, `${asked}: ${found} after ${before}`);
        before = found;
      }
    }),
  );
});

test("the trend is the lag's slope, and catching up takes as long as that says", () => {
  const falling = [0, 1, 2, 3].map((second) => ({ atMs: second * 1000, behind: 1000 - 50 * second }));
  assert.equal(Math.round(trendPerSecond(falling)!), -50);
  assert.equal(catchUpMs(850, -50), 17_000);
  assert.equal(catchUpMs(0, 3), 0);
  assert.equal(catchUpMs(10, 0), null);
  assert.equal(trendPerSecond(falling.slice(0, 1)), null);
  assert.equal(trendPerSecond([falling[0]!, falling[0]!]), null);
});
