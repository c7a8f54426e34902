import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceAnnouncement } from "throughline/system-topics";
import { ServicesSeen } from "../reading/services-seen.ts";
import { runsNow } from "./runs-now.ts";

const nowMs = 1_000_000;

const instance = (version: string, more: Partial<ServiceAnnouncement> = {}): ServiceAnnouncement => ({
  service: "billing",
  instance: `billing-${version}`,
  version,
  owner: null,
  state: "running",
  startedAtMs: nowMs - 500,
  atMs: nowMs - 100,
  publishes: [],
  handlers: [],
  outbox: null,
  ...more,
});

const group = (...failing: string[]) => ({
  service: "billing",
  versions: failing.map((version) => ({ version, count: 4, firstMs: nowMs - 900, lastMs: nowMs - 600 })),
});
const known = [
  { version: "1.0.0", firstMs: 1, lastMs: 2 },
  { version: "1.1.0", firstMs: 7, lastMs: 8 },
];
const judge = (failing: string[], running: ServiceAnnouncement[], blind: string | null = null) =>
  runsNow(group(...failing), new ServicesSeen(running, nowMs), known, blind);

test("a version that runs and has failed so fails, with its deploy and its failures, also beside one that has not", () => {
  const { state, versions, why } = judge(["1.0.0", "1.1.0"], [instance("1.1.0"), instance("1.1.1")], "the index is behind");
  assert.deepEqual([state, why], ["fails", null]);
  assert.deepEqual(
    versions.toSorted((a, b) => a.version.localeCompare(b.version)),
    [
      { version: "1.1.0", deployedAtMs: 7, failures: 4, lastMs: nowMs - 600 },
      { version: "1.1.1", deployedAtMs: null, failures: 0, lastMs: null },
    ],
  );
});

test("a version that has not failed so is told as that, and as unknown while the index may not know", () => {
  assert.equal(judge(["1.0.0"], [instance("1.1.0")]).state, "not-yet");
  assert.deepEqual(
    [judge(["1.0.0"], [instance("1.1.0")], "the index is empty")].map(({ state, why }) => [state, why]),
    [["unknown", "the index is empty"]],
  );
});

test("of a service that does not run nobody knows, however it failed", () => {
  for (const gone of [[], [instance("1.0.0", { state: "stopped" })], [instance("1.0.0", { atMs: nowMs - 600_000 })]])
    assert.deepEqual(judge(["1.0.0"], gone), { state: "unknown", versions: [], why: "billing does not run" });
});

test("a service that names no version is judged by when it was started", () => {
  assert.equal(judge(["0.0.0"], [instance("0.0.0", { startedAtMs: nowMs - 700 })]).state, "fails");
  const { state, why } = judge(["0.0.0"], [instance("0.0.0")]);
  assert.equal(state, "unknown");
  assert.match(why!, /names no version, and was started after its last failure/);
});
