import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Fleet, type Reader } from "./fleet.ts";

/** The rates of one partition and its reader, in events a second; they change every so often. */
const rates = fc.array(fc.record({ in: fc.integer({ min: 0, max: 400 }), out: fc.integer({ min: 0, max: 400 }) }), {
  minLength: 4,
  maxLength: 12,
});

function checkAges(fleet: Fleet, group: string, allowedMs: number): number {
  const { atMs } = fleet.watcher.report!;
  let checks = 0;
  for (const { topic, partition, committed, end, behind, behindMs, behindMsFrom } of fleet.lag(group).partitions) {
    assert.equal(behind, end - committed);
    if (behindMs === null || behindMsFrom === "at-least") continue;
    const truthMs = behind === 0 ? 0 : atMs - fleet.timeOf(topic, partition, committed);
    const off = Math.abs(behindMs - truthMs);
    assert.ok(
      off <= Math.max(allowedMs, 0.05 * truthMs),
      `${topic}/${partition}: ${behindMs} ms, and the truth is ${truthMs} ms`,
    );
    checks += 1;
  }
  return checks;
}

for (const { recordReads, allowedMs, what } of [
  { recordReads: 100, allowedMs: 1000, what: "within 5 % or 1 s of the truth" },
  { recordReads: 0, allowedMs: 5000, what: "within 5 % or one sample of the truth, though no record may be looked at" },
]) {
  test(`says how long a group is behind ${what}`, async () => {
    let checks = 0;
    const property = fc.asyncProperty(fc.array(rates, { minLength: 2, maxLength: 2 }), async (partitions) => {
      await using fleet = new Fleet();
      await fleet.topic("order", partitions.length);
      const reader = await fleet.reader("billing", ["order"]);
      await reader.read(0);
      await fleet.watch({ recordReads, rules: { default: { maxBehind: null } } });
      await fleet.run(900, async (nth) => {
        for (const [partition, phases] of partitions.entries())
          await fleet.publish("order", phases[Math.floor(nth / 60) % phases.length]!.in, partition);
        await reader.read(partitions[0]![Math.floor(nth / 60) % partitions[0]!.length]!.out);
        if (nth > 20 && nth % 7 === 0) checks += checkAges(fleet, "billing", allowedMs);
      });
    });
    await fc.assert(property, { numRuns: 4 });
    assert.ok(checks > 500, `${checks} checks`);
  });
}

test("times are interpolated where the budget ends, and everything is looked at in turn", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order", 8);
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(0);
  await fleet.watch({ recordReads: 2, rules: { default: { maxBehind: null } } });
  const kinds = new Set<string | null>();
  await fleet.run(300, async (nth) => {
    for (let partition = 0; partition < 8; partition += 1) await fleet.publish("order", 50, partition);
    await reader.read(40);
    for (const { behindMsFrom } of nth > 10 ? fleet.lag("billing").partitions : []) kinds.add(behindMsFrom);
    if (nth > 60 && nth % 11 === 0) assert.equal(checkAges(fleet, "billing", 1000), 8);
  });
  assert.deepEqual([...kinds].toSorted(), ["estimate", "record"]);
});

test("trend and time to catch up are those of the rates", async () => {
  await using fleet = new Fleet();
  await fleet.topic("order");
  const reader = await fleet.reader("billing", ["order"]);
  await reader.read(0);
  await fleet.watch({ rules: { default: { maxBehind: null } } });
  await fleet.publish("order", 30_000);
  await fleet.run(300, async () => {
    await fleet.publish("order", 20);
    await reader.read(70);
  });
  const falling = fleet.lag("billing");
  assert.ok(Math.abs(falling.trendPerSecond! + 50) < 2, `${falling.trendPerSecond}`);
  assert.ok(Math.abs(falling.catchUpMs! - (falling.behind / 50) * 1000) < 20_000, `${falling.catchUpMs}`);
  await fleet.run(400, () => fleet.publish("order", 20));
  assert.ok(Math.abs(fleet.lag("billing").trendPerSecond! - 20) < 1);
  assert.equal(fleet.lag("billing").catchUpMs, null);
  assert.equal(fleet.lag("billing").partitions[0]!.status, "stalled");
});

interface Told {
  readonly group: string;
  overSeconds: number;
  mustTell: boolean;
  mayTell: boolean;
}

test("whatever readers and the control plane do, it tells of each group that is 10,000 behind for 15 s, and of no other", async () => {
  const step = fc.record({
    group: fc.nat({ max: 3 }),
    act: fc.constantFrom("slow", "stop", "fast", "restart", "burst", "kill watcher", "restart watcher"),
    seconds: fc.integer({ min: 1, max: 40 }),
  });
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
    await using fleet = new Fleet();
    const groups: (Told & { reader: Reader; speed: number; next: number })[] = [];
    for (const name of ["a", "b", "c", "d"]) {
      await fleet.topic(name);
      const reader = await fleet.reader(name, [name]);
      await reader.read(0);
      groups.push({ group: name, reader, speed: 1000, next: 0, overSeconds: 0, mustTell: false, mayTell: false });
    }
    await fleet.watch({ rules: { default: { recoversBelow: 0.000_01, recoversAfterMs: 3_600_000 } } });
    await fleet.run(10);
    let blindSeconds = 0;
    const everySecond = async (): Promise<void> => {
      blindSeconds -= 1;
      for (const each of groups) {
        await fleet.publish(each.group, 300);
        each.next = Math.min(fleet.end(each.group), each.next + each.speed);
        await each.reader.read(each.speed);
        const isOver = fleet.end(each.group) - each.next > 10_000;
        // While it was dead it saw nothing.
        each.overSeconds = isOver ? (blindSeconds > 0 ? 0 : each.overSeconds + 1) : 0;
        each.mustTell ||= each.overSeconds >= 15;
        each.mayTell ||= isOver;
      }
    };
    for (const { group, act, seconds } of steps) {
      const each = groups[group]!;
      if (act === "slow") each.speed = 250;
      else if (act === "stop") each.speed = 0;
      else if (act === "fast") each.speed = 2000;
      else if (act === "burst") await fleet.publish(each.group, 6000);
      else if (act === "restart") {
        await each.reader.close();
        each.reader = await fleet.reader(each.group, [each.group], `${each.group}-again`);
      } else {
        await (act === "kill watcher" ? fleet.kill() : fleet.stopWatching());
        await fleet.watch({ rules: { default: { recoversBelow: 0.000_01, recoversAfterMs: 3_600_000 } } });
        if (act === "kill watcher") blindSeconds = 25;
      }
      await fleet.run(seconds, everySecond);
    }
    for (const { group, mustTell, mayTell } of groups) {
      const told = fleet.toldKinds.filter((kind) => kind.startsWith(group));
      if (mustTell) assert.deepEqual(told, [`${group} alert`]);
      else if (!mayTell) assert.deepEqual(told, []);
      else assert.ok(told.length <= 1, told.join());
    }
  });
  await fc.assert(property, { numRuns: 12 });
});
