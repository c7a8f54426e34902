import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDuration, parseMoment, parseStart } from "./moment.ts";

const nowMs = Date.UTC(2026, 6, 1, 12);

test("durations have a unit", () => {
  assert.deepEqual(["250ms", "90s", "1.5h", "7d", "10", "h", "-1h"].map(parseDuration), [
    250,
    90_000,
    5_400_000,
    604_800_000,
    null,
    null,
    null,
  ]);
});

test("a moment is a duration ago or a time", () => {
  assert.equal(parseMoment("--since", "10m", nowMs), nowMs - 600_000);
  assert.equal(parseMoment("--since", "-10m", nowMs), nowMs - 600_000);
  assert.equal(parseMoment("--since", "2026-07-01T11:00:00Z", nowMs), nowMs - 3_600_000);
  assert.throws(() => parseMoment("--since", "noon", nowMs), /--since does not understand "noon"; give a duration like 10m/);
  assert.throws(() => parseMoment("--since", "2026-99-01", nowMs), { code: "CLI_USAGE" });
});

test("a start may be an offset or an end of the log", () => {
  assert.deepEqual(parseStart("--from", "earliest", nowMs), { at: "earliest" });
  assert.deepEqual(parseStart("--from", "1200", nowMs), { at: "offset", offset: 1200 });
  assert.deepEqual(parseStart("--from", "-1h", nowMs), { at: "time", ms: nowMs - 3_600_000 });
});
