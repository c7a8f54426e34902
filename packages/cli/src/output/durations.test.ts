import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAgo, formatMicros, formatMs } from "./durations.ts";

for (const [micros, text] of [
  [0, "0 µs"],
  [850, "850 µs"],
  [1800, "1.8 ms"],
  [12_345, "12 ms"],
  [999_600, "1000 ms"],
  [1_500_000, "1.5 s"],
  [59_000_000, "59 s"],
  [60_000_000, "1m"],
  [125_000_000, "2m 5s"],
  [7_500_000_000, "2h 5m"],
  [360_000_000_000, "4d"],
] as const) {
  test(`${micros} µs reads "${text}"`, () => assert.equal(formatMicros(micros), text));
}

test("never says sixty seconds of a minute", () => {
  for (let ms = 60_000; ms < 180_000; ms += 37) assert.doesNotMatch(formatMs(ms), /60s/);
});

test("tells the past from the future", () => {
  assert.equal(formatAgo(1000, 61_000), "1m ago");
  assert.equal(formatAgo(61_000, 1000), "in 1m");
});
