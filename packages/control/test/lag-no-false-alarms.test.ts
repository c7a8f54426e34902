import assert from "node:assert/strict";
import { test } from "node:test";
import { Fleet } from "./fleet.ts";

/** A group that is 20,000 events behind is one alert: what the tests below would see if nothing held it back. */
async function toldOfRealLag(fleet: Fleet): Promise<void> {
  await fleet.topic("canary");
  await (await fleet.reader("canary", ["canary"])).read(0);
  await fleet.run(6);
  await fleet.publish("canary", 20_000);
  await fleet.run(15);
  assert.deepEqual(
    fleet.toldKinds.filter((kind) => kind.startsWith("canary")),
    ["canary alert"],
  );
}

const toldOf = (fleet: Fleet, group: string): string[] => fleet.toldKinds.filter((kind) => kind.startsWith(`${group} `));

test("idle topics raise none: read to the end, emptied by retention, or left behind by a group that nobody runs", async () => {
  await using fleet = new Fleet();
  for (const topic of ["read", "emptied", "left"]) {
    await fleet.topic(topic);
    await fleet.publish(topic, 30_000);
  }
  await (await fleet.reader("reads", ["read"])).read(30_000);
  const left = await fleet.reader("left", ["left"]);
  await left.read(100);
  await left.close();
  await (await fleet.reader("emptied", ["emptied"])).read(100);
  fleet.log.trim("emptied", 0, 30_000);
  await fleet.watch();
  await fleet.surroundings.clock.advance(2 * 3600 * 1000);
  assert.deepEqual(fleet.told, []);
  assert.equal(fleet.lag("emptied").behind, 0);
  assert.equal(fleet.lag("emptied").partitions[0]!.lost, 29_900);
  assert.equal(fleet.lag("left").behind, 29_900);
  assert.equal(fleet.lag("left").partitions[0]!.excuse, "unattended");
  await fleet.publish("left", 1);
  await fleet.run(15);
  assert.deepEqual(fleet.toldKinds, ["left alert"], "something comes that nobody reads");
  await toldOfRealLag(fleet);
});

test("a deleted group raises none, and an open incident of it ends once; one that is not listed for a moment changes nothing", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  for (const group of ["fine", "behind"]) await (await fleet.reader(group, ["order"])).read(0);
  await fleet.watch({ rules: { groups: { fine: { maxBehind: 50_000 } } } });
  await fleet.publish("order", 20_000);
  await fleet.run(30);
  assert.deepEqual(fleet.toldKinds, ["behind alert"]);
  fleet.hidden.add("behind");
  await fleet.run(10);
  fleet.hidden.clear();
  await fleet.run(60);
  assert.deepEqual(fleet.toldKinds, ["behind alert"], "it was away for two samples");
  fleet.hidden.add("behind").add("fine");
  await fleet.publish("order", 100_000);
  await fleet.run(300);
  assert.deepEqual(fleet.toldKinds, ["behind alert", "behind recovery"]);
  assert.match(fleet.told[1]!.title, /^behind is no consumer group any more/);
});

test("a topic that a group no longer reads raises none, also while the group restarts and the control plane with it", async () => {
  await using fleet = new Fleet();
  for (const topic of ["kept", "dropped"]) await fleet.topic(topic);
  const before = await fleet.reader("billing", ["kept", "dropped"]);
  await before.read(0);
  await fleet.watch();
  await fleet.run(60);
  await before.close();
  const after = await fleet.reader("billing", ["kept"], "billing-2");
  await fleet.run(10);
  await fleet.publish("dropped", 50_000);
  await fleet.run(600);
  assert.deepEqual(fleet.told, []);
  assert.equal(fleet.lag("billing").behind, 0);
  await after.close();
  await fleet.run(30);
  await fleet.stopWatching();
  await fleet.publish("dropped", 50_000);
  await fleet.watch();
  await fleet.run(600, () => fleet.publish("dropped", 100));
  assert.deepEqual(fleet.told, [], "nobody runs, and it is remembered what was read");
  await fleet.publish("kept", 20_000);
  await fleet.run(20);
  assert.deepEqual(fleet.toldKinds, ["billing alert"], "of what it does read it is told");
});

test("a service that has another name now leaves its former group behind", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  const before = await fleet.reader("billing", ["order"]);
  await before.read(0);
  await fleet.watch();
  await fleet.run(30);
  await before.close();
  await fleet.announce("invoicing", [{ streams: ["order"] }], ["billing"]);
  const after = await fleet.reader("invoicing", ["order"]);
  await fleet.run(120, async () => {
    await fleet.publish("order", 500);
    await after.read(1000);
  });
  assert.deepEqual(fleet.told, []);
});

test("an incident of a topic that the group stops reading ends once", async () => {
  await using fleet = new Fleet();
  for (const topic of ["kept", "dropped"]) await fleet.topic(topic);
  const before = await fleet.reader("billing", ["kept", "dropped"]);
  await before.read(0);
  await fleet.watch();
  await fleet.publish("dropped", 50_000);
  await fleet.run(30);
  await before.close();
  await (await fleet.reader("billing", ["kept"], "billing-2")).read(0);
  await fleet.run(120);
  assert.deepEqual(fleet.toldKinds, ["billing alert", "billing recovery"]);
});

test("a topic that is made anew raises none, though an offset of the former one is left", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  await fleet.publish("order", 500);
  fleet.moreCommits.set("tools", [{ topic: "order", partition: 0, offset: 500 }]);
  const tools = await fleet.reader("tools", ["nothing"]);
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(500);
  await fleet.watch();
  await fleet.run(60);
  await reader.close();
  await fleet.recreate("order");
  await fleet.publish("order", 40_000);
  await (await fleet.reader("billing", ["order"], "billing-2")).read(40_000);
  await fleet.run(900, () => fleet.publish("order", 100));
  assert.deepEqual(toldOf(fleet, "tools"), []);
  assert.equal(fleet.lag("tools").partitions.find(({ topic }) => topic === "order")?.excuse, "recreated");
  await tools.close();
});

test("a paused handler raises none, shows how far it is behind, and is told of when it falls back after it was resumed", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(0);
  await fleet.announce("billing", [{ state: "paused", streams: ["order"] }]);
  await fleet.watch();
  await fleet.run(600, async (nth) => {
    await fleet.publish("order", 100);
    if (nth % 60 === 0) await fleet.announce("billing", [{ state: "paused", streams: ["order"] }]);
  });
  assert.deepEqual(fleet.told, []);
  assert.ok(fleet.lag("billing").behind > 50_000);
  assert.equal(fleet.lag("billing").behindCounted, 0);
  await fleet.announce("billing", [{ state: "live", streams: ["order"] }]);
  await fleet.run(30, () => fleet.publish("order", 100));
  assert.deepEqual(fleet.toldKinds, ["billing alert"]);
});

test("a pause neither ends an incident nor begins another", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(0);
  const say = (state: "live" | "paused" | "catching-up", behind: number) =>
    fleet.announce("billing", [{ state, behind, streams: ["order"] }]);
  await say("live", 0);
  await fleet.watch();
  await fleet.publish("order", 20_000);
  await fleet.run(30);
  await say("paused", 20_000);
  await fleet.run(120);
  await say("catching-up", 20_000);
  await fleet.run(20, () => reader.read(900));
  assert.deepEqual(fleet.toldKinds, ["billing alert"]);
  await fleet.run(120, () => reader.read(900));
  assert.deepEqual(fleet.toldKinds, ["billing alert", "billing recovery"]);
});

test("a backfill that gets on raises none, and one that stands still does", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  await fleet.publish("order", 60_000);
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(0);
  const say = (behind: number) => fleet.announce("billing", [{ state: "catching-up", behind, streams: ["order"] }]);
  await say(60_000);
  await fleet.watch();
  let behind = 60_000;
  await fleet.run(600, async (nth) => {
    behind -= 50;
    await reader.read(50);
    if (nth % 5 === 0) await say(behind);
  });
  assert.deepEqual(fleet.told, []);
  assert.ok(fleet.lag("billing").behind >= 30_000);
  await fleet.run(360, async (nth) => {
    if (nth % 5 === 0) await say(behind);
  });
  assert.deepEqual(fleet.toldKinds, ["billing alert"]);
});

test("restarts of the control plane, by kill too, repeat no alert and lose no recovery", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  const reader = await fleet.reader("billing", ["order"]);
  const idle = await fleet.reader("mail", ["order"]);
  await reader.read(0);
  await fleet.watch();
  await fleet.publish("order", 20_000);
  await fleet.run(30, () => idle.read(50_000));
  assert.deepEqual(fleet.toldKinds, ["billing alert"]);
  for (const downSeconds of [0, 3, 7200]) {
    await fleet.stopWatching();
    await fleet.surroundings.clock.advance(downSeconds * 1000);
    await fleet.watch();
    await fleet.run(30);
    await fleet.kill();
    await fleet.watch();
    assert.ok(!fleet.watcher.watches, "the dead one's lease is not over");
    await fleet.run(30);
    assert.ok(fleet.watcher.watches);
  }
  assert.deepEqual(fleet.toldKinds, ["billing alert"]);
  assert.equal((await fleet.store.incidents()).length, 1);
  await fleet.stopWatching();
  await reader.read(20_000);
  await fleet.watch();
  await fleet.run(60);
  assert.deepEqual(fleet.toldKinds, ["billing alert", "billing recovery"]);
});

test("of two watchers on one store one tells, and the other goes on when it ends", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(0);
  const first = await fleet.watch();
  await fleet.run(10);
  const second = await fleet.watch();
  await fleet.publish("order", 20_000);
  await fleet.run(30);
  assert.deepEqual(fleet.toldKinds, ["billing alert"]);
  assert.ok(first.watches && !second.watches, "the second one waits");
  const [told, shown] = [first, second].map(({ report }) => report?.groups.find(({ group }) => group === "billing"));
  assert.deepEqual([shown?.behind, shown?.incident?.id], [20_000, told!.incident!.id], "it shows what the first one keeps");
  assert.ok(first.sampledAtMs! - second.sampledAtMs! <= 35_000);
  await first.close();
  await fleet.run(60, () => reader.read(20_000));
  assert.ok(second.watches);
  assert.deepEqual(fleet.toldKinds, ["billing alert", "billing recovery"]);
});

test("a log that is away for ten minutes changes nothing, and says why there are no samples", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(0);
  await fleet.watch();
  await fleet.publish("order", 20_000);
  await fleet.run(30);
  fleet.log.unavailable(true);
  await fleet.run(600);
  assert.match(fleet.watcher.problem ?? "", /unavailable/);
  fleet.log.unavailable(false);
  await fleet.run(30);
  assert.equal(fleet.watcher.problem, null);
  assert.deepEqual(fleet.toldKinds, ["billing alert"]);
});
