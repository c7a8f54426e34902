import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { seededSurroundings } from "throughline";
import { renderMetrics } from "throughline/metrics";
import { type HistoryPoint, lagMetrics, type LagStore, openSqliteLagStore, startLagWatcher } from "../src/index.ts";
import { Fleet } from "./fleet.ts";

const minute = 60_000;

function withFolder(work: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), "throughline-lag-store-"));
    try {
      await work(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

const point = (group: string, atMs: number): HistoryPoint => ({
  group,
  atMs,
  behind: atMs / minute,
  behindMs: 5,
  status: "ok",
  partitions: [["order", 0, 1, 2, 5]],
});

const changes = (history: readonly HistoryPoint[]): Parameters<LagStore["save"]>[1] => ({
  nowMs: 0,
  groups: [],
  removedGroups: [],
  ends: [],
  removedEnds: [],
  incidents: [],
  deliveries: [],
  history,
});

test("history is bounded by age and by size, and a span begins with what stood at its beginning", async () => {
  const store = await openSqliteLagStore(":memory:", { historyMs: 100 * minute, historyPoints: 30 });
  await store.claim("me", { nowMs: 0, untilMs: 1 });
  const points = Array.from({ length: 60 }, (_, i) => [point("a", i * minute), point("b", i * minute)]).flat();
  assert.equal(await store.save("me", changes(points)), true);
  const some = await store.history({ group: "a", fromMs: 10.5 * minute, toMs: 13 * minute });
  assert.deepEqual(
    some.map(({ atMs }) => atMs / minute),
    [10, 11, 12],
  );
  assert.deepEqual(some[0]!.partitions, [["order", 0, 1, 2, 5]]);
  await store.prune(60 * minute);
  const whole = { fromMs: -1, toMs: 1e9 };
  const kept = [...(await store.history({ group: "a", ...whole })), ...(await store.history({ group: "b", ...whole }))];
  assert.equal(kept.length, 30);
  assert.equal(Math.min(...kept.map(({ atMs }) => atMs)), 45 * minute);
  await store.prune(155 * minute);
  assert.deepEqual(
    (await store.history({ group: "a", ...whole })).map(({ atMs }) => atMs / minute),
    [55, 56, 57, 58, 59],
  );
  await store.close();
});

test("who lost the lease writes nothing", async () => {
  const store = await openSqliteLagStore(":memory:");
  assert.equal(await store.claim("first", { nowMs: 0, untilMs: 20 }), true);
  assert.equal(await store.claim("second", { nowMs: 19, untilMs: 39 }), false);
  assert.equal(await store.claim("first", { nowMs: 19, untilMs: 39 }), true, "it keeps it");
  assert.equal(await store.claim("second", { nowMs: 39, untilMs: 59 }), true);
  assert.equal(await store.save("first", changes([point("a", 0)])), false);
  assert.deepEqual(await store.history({ group: "a", fromMs: -1, toMs: 9 }), []);
  await store.release("first");
  assert.equal(await store.claim("first", { nowMs: 40, untilMs: 59 }), false, "it can give back only its own");
  await store.close();
});

test(
  "a file that is no database, or of a later version, is refused with what to do",
  withFolder(async (folder) => {
    writeFileSync(join(folder, "text.db"), "no database, but long enough to be taken for one".repeat(40));
    await assert.rejects(openSqliteLagStore(join(folder, "text.db")), { code: "LAG_STORE_UNUSABLE" });
    const later = new DatabaseSync(join(folder, "later.db"));
    later.exec("PRAGMA user_version = 99");
    later.close();
    await assert.rejects(openSqliteLagStore(join(folder, "later.db")), /a newer version wrote it \(its tables are version 99\)/);
  }),
);

test(
  "two processes may open one file at once",
  withFolder(async (folder) => {
    const file = join(folder, "deep", "lag.db");
    const stores = await Promise.all([1, 2, 3].map(() => openSqliteLagStore(file)));
    await stores[0]!.claim("me", { nowMs: 0, untilMs: 1e9 });
    const saves = stores.map((store, i) => store.save("me", changes([point(`g${i}`, 0)])));
    assert.deepEqual(await Promise.all(saves), [true, true, true]);
    for (const store of stores) {
      assert.equal((await store.history({ group: "g1", fromMs: -1, toMs: 9 })).length, 1);
      await store.close();
    }
  }),
);

test("the history has a point a minute while something moves, and the hours in which nothing does cost one each", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(0);
  await fleet.watch();
  const startMs = fleet.nowMs;
  await fleet.run(600, async () => {
    await fleet.publish("order", 10);
    await reader.read(8);
  });
  const moving = await fleet.store.history({ group: "billing", fromMs: startMs, toMs: fleet.nowMs });
  assert.equal(moving.length, 10);
  assert.ok(moving.at(-1)!.behind > 1000 && moving.at(-1)!.behindMs! > 60_000);
  const idleSinceMs = fleet.nowMs;
  await reader.read(1e6);
  await fleet.surroundings.clock.advance(2 * 3600 * 1000);
  const idle = await fleet.store.history({ group: "billing", fromMs: idleSinceMs + 2 * minute, toMs: fleet.nowMs });
  assert.ok(idle.length >= 2 && idle.length <= 4, `${idle.length} points`);
  assert.equal(idle.at(-1)!.behind, 0);
});

test("Prometheus reads lag, status, excuses, incidents and alerts", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(0);
  await (await fleet.reader("mail", ["order"])).read(0);
  await fleet.announce("mail", [{ state: "paused", streams: ["order"] }]);
  await fleet.watch();
  await fleet.publish("order", 20_000);
  await fleet.run(32);
  const text = renderMetrics(await lagMetrics(fleet.watcher, fleet.store, fleet.nowMs), {});
  for (const line of [
    'throughline_lag_events{group="billing",topic="order",partition="0"} 20000',
    'throughline_lag_events{group="mail",topic="order",partition="0"} 20000',
    'throughline_lag_excused{group="mail",topic="order",partition="0",excuse="paused"} 1',
    'throughline_lag_status{group="billing",status="ok"} 1',
    'throughline_lag_incident_open{group="billing"} 1',
    'throughline_lag_incident_open{group="mail"} 0',
    "throughline_lag_incidents_unacknowledged 1",
    'throughline_alerts{channel="pager",state="delivered"} 1',
    "throughline_lag_sample_age_seconds 2",
  ])
    assert.ok(text.split("\n").includes(line), `${line} is not in:\n${text}`);
  assert.match(text, /^throughline_lag_seconds\{group="billing",topic="order",partition="0"\} 30$/m);
  assert.doesNotMatch(text, /excuse="paused".*billing|group="billing".*excuse/);
});

test("rules that cannot be used are refused at once, all of them", () => {
  const rules = {
    default: { maxBehind: -1, escalation: [{ afterMs: 0, channels: ["nobody"] }] },
    groups: { "bill*": { recoversBelow: 2, opensAfterSamples: 0 } },
  };
  const log = {} as Parameters<typeof startLagWatcher>[0]["log"];
  const surroundings = seededSurroundings(1);
  assert.throws(
    () => startLagWatcher({ log, store: {} as LagStore, surroundings, rules }),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, "LAG_RULES_INVALID");
      for (const part of [
        /the default: maxBehind is -1/,
        /tells "nobody", and the channels are none/,
        /bill\*: recoversBelow is 2/,
        /opensAfterSamples is 0/,
      ])
        assert.match(error.message, part);
      return true;
    },
  );
});
