import assert from "node:assert/strict";
import { test } from "node:test";
import { Fleet } from "./fleet.ts";

test("tells within 15 s of passing 10,000 behind, once, and once that it has caught up", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order", 3);
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(0);
  await fleet.watch();
  await fleet.run(60, async () => {
    await fleet.publish("order", 100);
    await reader.read(1000);
  });
  let passedAtMs = 0;
  await fleet.run(60, async () => {
    await fleet.publish("order", 500, 1);
    if (passedAtMs === 0 && fleet.end("order", 1) > 10_000) passedAtMs = fleet.nowMs;
  });
  assert.deepEqual(fleet.toldKinds, ["billing alert"]);
  const [alert] = fleet.told;
  assert.ok(alert!.atMs - passedAtMs <= 15_000, `${alert!.atMs - passedAtMs} ms after it`);
  assert.match(alert!.title, /^billing is 1\d,\d\d\d events behind; its limit is 10,000\.$/);
  assert.match(
    alert!.lines.join("\n"),
    /One member reads\.\n.*is \d+s old\.\nIt falls back by [\d.,]+ events a second\.\norder: /,
  );
  await fleet.run(120, () => reader.read(2000));
  assert.deepEqual(fleet.toldKinds, ["billing alert", "billing recovery"]);
  assert.match(fleet.told[1]!.title, /^billing has caught up, after \d+m \d+s\.$/);
  assert.equal(fleet.told[1]!.incidentId, alert!.incidentId);
  const [incident] = await fleet.store.incidents();
  assert.equal(incident!.endedBy, "caught up");
  assert.equal(incident!.worstBehind, 30_000);
});

test("a group that wavers about its limit for an hour is one alert and one recovery", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(0);
  await fleet.watch();
  await fleet.run(3600, async (nth) => {
    await fleet.publish("order", nth % 20 < 10 ? (nth === 0 ? 9_000 : 300) : 0);
    await reader.read(nth % 20 < 10 ? 0 : 300);
  });
  assert.deepEqual(fleet.toldKinds, ["billing alert"]);
  for (const ahead of [9_000, 12_000, 6_000, 15_000]) {
    // A minute and a half at each: longer than it takes to recover.
    const behind = fleet.end("order") - reader.position("order");
    if (behind > ahead) await reader.read(behind - ahead);
    else await fleet.publish("order", ahead - behind);
    await fleet.run(90);
    assert.equal(fleet.lag("billing").behind, ahead);
  }
  assert.deepEqual(fleet.toldKinds, ["billing alert"], "near its limit it is not well");
  await fleet.run(60, () => reader.read(50_000));
  assert.deepEqual(fleet.toldKinds, ["billing alert", "billing recovery"]);
});

test("groups have limits of their own: in events, in time, by status, or none", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  for (const group of ["strict", "slow-1", "stuck", "free"]) await (await fleet.reader(group, ["order"])).read(0);
  const groups = {
    strict: { maxBehind: 50 },
    "slow-*": { maxBehind: null, maxBehindMs: 600_000 },
    stuck: { maxBehind: null, statuses: ["stalled" as const] },
    free: { maxBehind: null },
  };
  await fleet.watch({ rules: { groups } });
  await fleet.publish("order", 100);
  await fleet.run(900);
  assert.deepEqual(fleet.toldKinds.toSorted(), ["slow-1 alert", "strict alert", "stuck alert"]);
  assert.match(fleet.told.find(({ group }) => group === "slow-1")!.title, /^slow-1 is 10m \d+s behind; its limit is 10m 0s\.$/);
  assert.match(fleet.told.find(({ group }) => group === "stuck")!.title, /^stuck is stalled, 100 events behind\.$/);
});

test("a silence keeps an alert back, and tells it when it ends with the incident still open", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(0);
  await fleet.watch();
  await fleet.run(10);
  const silence = {
    id: "s-1",
    groups: "bill*",
    fromMs: fleet.nowMs,
    untilMs: fleet.nowMs + 600_000,
    reason: "import",
    by: "eva",
  };
  await fleet.store.silence(silence);
  await fleet.publish("order", 20_000);
  await fleet.run(30);
  await fleet.run(60, () => reader.read(20_000));
  assert.deepEqual(fleet.toldKinds, [], "it came and went in silence");
  assert.equal((await fleet.store.incidents()).length, 1);
  await fleet.publish("order", 20_000);
  await fleet.run(400);
  assert.deepEqual(fleet.toldKinds, []);
  await fleet.run(200);
  assert.deepEqual(fleet.toldKinds, ["billing alert"]);
  await fleet.store.silence({ ...silence, id: "s-2", fromMs: fleet.nowMs, untilMs: fleet.nowMs + 600_000 });
  await fleet.run(60, () => reader.read(20_000));
  assert.deepEqual(fleet.toldKinds, ["billing alert", "billing recovery"], "who was told is told that it is over");
});

test("an incident that nobody acknowledges goes to the next step after its time, and each step is told once", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  for (const group of ["billing", "mail"]) await (await fleet.reader(group, ["order"])).read(0);
  const told: string[] = [];
  const channel = (name: string) => ({
    name,
    kind: "test",
    send: async ({ group, kind }: { group: string; kind: string }) => void told.push(`${name}: ${group} ${kind}`),
  });
  const escalation = [
    { afterMs: 0, channels: ["team"] },
    { afterMs: 900_000, channels: ["boss"] },
  ];
  await fleet.watch({ channels: [channel("team"), channel("boss")], rules: { default: { escalation } } });
  await fleet.publish("order", 20_000);
  await fleet.run(60);
  assert.deepEqual(told.toSorted(), ["team: billing alert", "team: mail alert"]);
  const mail = (await fleet.store.incidents({ group: "mail" }))[0]!;
  assert.equal(await fleet.store.acknowledge(mail.id, { by: "eva", note: "mine", atMs: fleet.nowMs }), true);
  await fleet.run(1800);
  assert.deepEqual(told.slice(2), ["boss: billing escalation"]);
  fleet.hidden.add("billing").add("mail");
  await fleet.run(30);
  assert.deepEqual(told.slice(3).toSorted(), ["boss: billing recovery", "team: billing recovery", "team: mail recovery"]);
  assert.equal(await fleet.store.acknowledge(mail.id, { by: "eva", note: null, atMs: fleet.nowMs }), false, "it has ended");
});

test("an alert that its channel does not take is tried again, and its recovery waits for it", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(0);
  let isDown = true;
  const ids: string[] = [];
  const pager = fleet.channel();
  await fleet.watch({
    channels: [
      {
        ...pager,
        send: async (alert) => {
          ids.push(alert.id);
          if (isDown) throw new Error("connect ECONNREFUSED");
          await pager.send(alert);
        },
      },
    ],
  });
  await fleet.publish("order", 20_000);
  await fleet.run(60);
  await fleet.run(60, () => reader.read(20_000));
  assert.deepEqual(fleet.toldKinds, []);
  assert.ok(ids.length >= 4, `${ids.length} attempts`);
  assert.equal(new Set(ids).size, 1, "the same id at every attempt");
  assert.match((await fleet.store.deliveries({ limit: 9 })).at(-1)!.error!, /ECONNREFUSED/);
  isDown = false;
  await fleet.run(120);
  assert.deepEqual(fleet.toldKinds, ["billing alert", "billing recovery"]);
});
