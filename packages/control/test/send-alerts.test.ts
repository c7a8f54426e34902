import assert from "node:assert/strict";
import { test } from "node:test";
import { seededSurroundings } from "throughline";
import { AlertSender } from "../src/alerts/send-alerts.ts";
import { type Alert, type AlertChannel, type LagStore, openSqliteLagStore } from "../src/index.ts";

const second = 1000;
const surroundings = () => seededSurroundings(3);

function alertNamed(id: string, incidentId: string, atMs: number): Alert {
  return { id, kind: "alert", about: "lag", atMs, incidentId, group: "g", title: "t", lines: [], url: null, facts: {} };
}

async function storeWith(
  nowMs: number,
  deliveries: readonly [id: string, incident: string, channel: string][],
): Promise<LagStore> {
  const store = await openSqliteLagStore(":memory:");
  await store.claim("me", { nowMs, untilMs: nowMs + 1 });
  const rows = deliveries.map(([id, incidentId, channel]) => {
    return { id, incidentId, channel, alert: alertNamed(id, incidentId, nowMs), attempts: 0 };
  });
  const none = { groups: [], removedGroups: [], ends: [], removedEnds: [], incidents: [], history: [] };
  await store.save("me", { ...none, nowMs, deliveries: rows });
  return store;
}

const channelNamed = (name: string, send: AlertChannel["send"]): AlertChannel => ({ name, kind: "test", send });

test("a channel that hangs keeps up no other", async () => {
  const { clock, random } = surroundings();
  const store = await storeWith(clock.now(), [
    ["1", "a", "slow"],
    ["2", "a", "quick"],
    ["3", "b", "quick"],
  ]);
  const told: string[] = [];
  const hangs = channelNamed("slow", (_alert, signal) => {
    return new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("stopped"))));
  });
  const sender = new AlertSender(store, [hangs, channelNamed("quick", async ({ id }) => void told.push(id))], { clock, random });
  sender.wake();
  await clock.advance(second);
  assert.deepEqual(told, ["2", "3"]);
  await sender.close();
  const states = await store.deliveries({ limit: 9 });
  assert.deepEqual(
    states.map(({ id, state, attempts }) => [id, state, attempts]),
    [
      ["3", "delivered", 1],
      ["2", "delivered", 1],
      ["1", "waiting", 0],
    ],
  );
  await store.close();
});

test("in a storm, a channel that hangs keeps up no other either", async () => {
  const { clock, random } = surroundings();
  const incidents = Array.from({ length: 150 }, (_, n) => `i-${n}`);
  const store = await storeWith(
    clock.now(),
    incidents.flatMap((incident): [string, string, string][] => [
      [`${incident}/slow`, incident, "slow"],
      [`${incident}/quick`, incident, "quick"],
    ]),
  );
  const told: string[] = [];
  let [hanging, most] = [0, 0];
  const hangs = channelNamed("slow", (_alert, signal) => {
    hanging += 1;
    most = Math.max(most, hanging);
    return new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("stopped"))));
  });
  const sender = new AlertSender(store, [hangs, channelNamed("quick", async ({ id }) => void told.push(id))], { clock, random });
  sender.wake();
  await clock.advance(second);
  assert.deepEqual(
    told,
    incidents.map((incident) => `${incident}/quick`),
  );
  assert.equal(most, 20);
  await sender.close();
  await store.close();
});

test("what was sent is not sent again while the store takes no notes", async () => {
  const { clock, random } = surroundings();
  const real = await storeWith(clock.now(), [["1", "a", "pager"]]);
  let isFull = true;
  const store = new Proxy<LagStore>(real, {
    get: (target, name) => {
      if (name === "recordAttempt" && isFull) return () => Promise.reject(new Error("database or disk is full"));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
  let sent = 0;
  const sender = new AlertSender(store, [channelNamed("pager", async () => void (sent += 1))], { clock, random });
  for (let round = 0; round < 5; round += 1) {
    sender.wake();
    await clock.advance(5 * second);
  }
  assert.equal(sent, 1);
  isFull = false;
  sender.wake();
  await clock.advance(second);
  assert.deepEqual(
    (await real.deliveries({ limit: 1 })).map(({ state, attempts }) => [state, attempts]),
    [["delivered", 1]],
  );
  await sender.close();
  await real.close();
});

test("a channel that takes nothing is given up after a day, and one that is no longer there at once", async () => {
  const { clock, random } = surroundings();
  const store = await storeWith(clock.now(), [
    ["1", "a", "down"],
    ["2", "a", "removed"],
  ]);
  let attempts = 0;
  const down = channelNamed("down", async () => {
    attempts += 1;
    throw new Error("connect ECONNREFUSED");
  });
  const sender = new AlertSender(store, [down], { clock, random });
  sender.wake();
  await clock.advance(25 * 3600 * second);
  assert.ok(attempts > 140 && attempts < 160, `${attempts} attempts`);
  const [removed, first] = await store.deliveries({ limit: 9 });
  assert.deepEqual([first!.state, first!.error], ["given up", "connect ECONNREFUSED"]);
  assert.equal(removed!.state, "given up");
  assert.match(removed!.error!, /no such channel any more/);
  await sender.close();
  await store.close();
});

test("who no longer watches sends nothing more", async () => {
  const { clock, random } = surroundings();
  const store = await storeWith(clock.now(), [["1", "a", "pager"]]);
  let attempts = 0;
  const pager = channelNamed("pager", async () => {
    attempts += 1;
    throw new Error("busy");
  });
  const sender = new AlertSender(store, [pager], { clock, random });
  sender.wake();
  await clock.advance(second);
  sender.rest();
  await clock.advance(3600 * second);
  assert.equal(attempts, 1);
  sender.wake();
  await clock.advance(second);
  assert.equal(attempts, 2);
  await sender.close();
  await store.close();
});
