import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "./pace.ts";

/** Sends for some time with looks at the given moments; answers when each was sent. */
function run(perSecond: number, looksMs: Iterable<number>): number[] {
  const pace = new Pace(perSecond, 0);
  const sent: number[] = [];
  for (const nowMs of looksMs) {
    const due = pace.due(nowMs);
    pace.took(due);
    for (let n = 0; n < due; n++) sent.push(nowMs);
  }
  return sent;
}

function* every(ms: number, untilMs: number): Generator<number> {
  for (let at = 0; at <= untilMs; at += ms) yield at;
}

for (const [perSecond, lookMs] of [
  [3, 10],
  [10, 7],
  [100, 33],
  [250, 1],
  [5_000, 40],
] as const) {
  test(`${perSecond} a second, looked at every ${lookMs} ms, are held within 5 %`, () => {
    const seconds = Math.max(20, 200 / perSecond);
    const sent = run(perSecond, every(lookMs, seconds * 1_000)).length;
    assert.ok(Math.abs(sent / seconds / perSecond - 1) < 0.05, `${sent} in ${seconds} s`);
  });
}

test("a standstill is made up for slowly: no ten seconds have more than the rate and 5 %", () => {
  function* looks(): Generator<number> {
    yield* every(10, 2_000);
    for (let at = 7_000; at <= 60_000; at += 10) yield at;
  }
  const sent = run(200, looks());
  for (let from = 0; from < 60_000; from += 500) {
    const inTen = sent.filter((at) => at >= from && at < from + 10_000).length;
    assert.ok(inTen <= 2_000 * 1.05 + 1, `${inTen} from ${from} ms on`);
  }
  const late = sent.filter((at) => at > 8_000 && at <= 18_000).length;
  assert.ok(late > 2_020 && late < 2_100, `${late} in ten seconds after it`);
});
