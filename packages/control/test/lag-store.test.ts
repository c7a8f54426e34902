import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { seededSurroundings } from "throughline";
import { renderMetrics } from "throughline/metrics";
import { lagMetrics, type LagStore, openSqliteLagStore, startLagWatcher } from "../src/index.ts";
import { Fleet } from "./fleet.ts";
import { lagStoreSuite, minute } from "./lag-store-suite.ts";

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

const folder = mkdtempSync(join(tmpdir(), "throughline-lag-stores-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

lagStoreSuite("SQLite", async () => {
  const file = join(folder, "deep", `lag-${(files += 1)}.db`);
  return { open: (options) => openSqliteLagStore(file, options) };
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
