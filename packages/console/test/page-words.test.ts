import assert from "node:assert/strict";
import { test } from "node:test";
import { sayTrend } from "../page/pages/failures/say-trend.ts";
import { count, counted, perSecond } from "../page/parts/say-number.ts";
import { ago, duration } from "../page/parts/say-time.ts";
import { matchRoute } from "../page/router/match-route.ts";
import { paths } from "../page/router/paths.ts";

test("a duration is said in its two largest units", () => {
  const said = [0.4, 450, 1_500, 59_000, 192_000, 3_600_000, 100_000_000, 90 * 86_400_000].map(duration);
  assert.deepEqual(said, ["0.4 ms", "450 ms", "1.5 s", "59 s", "3 min 12 s", "1 h", "1 d 3 h", "90 d"]);
  assert.deepEqual([ago(0, 500), ago(0, 61_000), ago(9_000, 5_000)], ["now", "1 min 1 s ago", "in 4 s"]);
});

test("numbers are grouped, and a rate has its sign", () => {
  assert.deepEqual([count(12_400), counted(1, "failure"), counted(0, "failure")], ["12,400", "1 failure", "0 failures"]);
  assert.deepEqual([0, 0.04, 3.42, -120.6].map(perSecond), ["0/s", "0/s", "+3.4/s", "−121/s"]);
});

test("an address leads to what it was made of, whatever is in an id", () => {
  for (const id of ["flow-1", "a/b", "ö ?&#%", "...", "x".repeat(300)])
    assert.deepEqual(matchRoute("/flows/:id", new URL(paths.flow(id, { wanted: "a&b" }), "http://x").pathname), { id }, id);
  assert.equal(matchRoute("/flows/:id", "/flows/%ZZ"), null);
  assert.equal(matchRoute("/flows/:id", "/flows/a/b"), null);
  assert.deepEqual(matchRoute("/lag", "/lag/"), {});
});

test("a trend of what the running version does not do is no rise", () => {
  const now = 10 * 3_600_000;
  const trend = [{ hourMs: now, count: 40 }];
  const runsNow = { versions: [], why: null };
  assert.equal(sayTrend({ trend, runsNow: { ...runsNow, state: "fails" } }, now), "new in the last two hours");
  assert.equal(sayTrend({ trend, runsNow: { ...runsNow, state: "not-yet" } }, now), "none since what runs now");
});
