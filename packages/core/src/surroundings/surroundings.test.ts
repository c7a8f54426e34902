import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededSurroundings, systemSurroundings } from "./index.ts";

describe("systemSurroundings", () => {
  test("fires a timer after its delay, not before", async () => {
    const { clock } = systemSurroundings;
    const from = clock.monotonic();
    const keepAlive = setInterval(() => {}, 1_000);
    await new Promise<void>((resolve) => clock.after(20, resolve));
    clearInterval(keepAlive);
    assert.ok(clock.monotonic() - from >= 19);
  });

  test("does not fire a timer that was cancelled, nor at once one of more than 24 days", async () => {
    const { clock } = systemSurroundings;
    let fired = 0;
    clock.after(1, () => fired++).cancel();
    const far = clock.after(2 ** 33, () => fired++);
    const keepAlive = setInterval(() => {}, 1_000);
    await new Promise<void>((resolve) => clock.after(20, resolve));
    clearInterval(keepAlive);
    far.cancel();
    assert.equal(fired, 0);
  });

  test("gives numbers below one and fills arrays larger than one call can", () => {
    const numbers = Array.from({ length: 1_000 }, () => systemSurroundings.random.next());
    assert.ok(numbers.every((n) => n >= 0 && n < 1));
    assert.ok(new Set(numbers).size === 1_000);
    const bytes = systemSurroundings.random.fill(new Uint8Array(100_000));
    assert.ok(bytes.subarray(70_000).some((byte) => byte !== 0));
  });
});

describe("seededSurroundings", () => {
  test("gives the same numbers for the same seed, and others for another", () => {
    const draw = (seed: number) => {
      const { random } = seededSurroundings(seed);
      return [random.next(), random.next(), ...random.fill(new Uint8Array(8))];
    };
    assert.deepEqual(draw(1), draw(1));
    assert.notDeepEqual(draw(1), draw(2));
  });

  test("spreads its numbers evenly over [0, 1)", () => {
    const { random } = seededSurroundings(3);
    const buckets = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 10_000; i++) buckets[Math.floor(random.next() * 10)]!++;
    assert.equal(buckets.length, 10);
    for (const count of buckets) assert.ok(count > 850 && count < 1_150, `a tenth got ${count} of 10,000`);
  });

  test("stands still until it is advanced, and fires timers in order of time, then of their making", async () => {
    const { clock } = seededSurroundings(1, 1_000);
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name}@${clock.now()}`);
    clock.after(30, note("c"));
    clock.after(10, note("a"));
    clock.after(10, note("b"));
    clock.after(20, note("cancelled")).cancel();
    clock.after(31, note("late"));
    await new Promise(setImmediate);
    assert.deepEqual([fired, clock.now(), clock.nextDueMs()], [[], 1_000, 1_010]);
    await clock.advance(30);
    assert.deepEqual(fired, ["a@1010", "b@1010", "c@1030"]);
    assert.deepEqual([clock.now(), clock.monotonic(), clock.nextDueMs()], [1_030, 30, 1_031]);
  });

  test("lets run what a timer set off before it fires the next, and fires what that adds", async () => {
    const { clock } = seededSurroundings(1, 0);
    const order: string[] = [];
    clock.after(10, () => {
      void (async () => {
        await Promise.resolve();
        await new Promise(setImmediate);
        order.push("work of the first");
        clock.after(5, () => order.push(`added, at ${clock.now()}`));
      })();
    });
    clock.after(20, () => order.push("second"));
    await clock.advanceTo(20);
    assert.deepEqual(order, ["work of the first", "added, at 15", "second"]);
  });

  test("jumps: fires what fell due once, late, in order, unless it was cancelled meanwhile", async () => {
    const { clock } = seededSurroundings(1, 0);
    const fired: string[] = [];
    const everySecond = (): void => {
      fired.push(`tick@${clock.now()}`);
      clock.after(1_000, everySecond);
    };
    clock.after(1_000, everySecond);
    const doomed = clock.after(3_000, () => fired.push("cancelled"));
    clock.after(2_000, () => {
      fired.push(`second@${clock.now()}`);
      doomed.cancel();
    });
    await clock.jumpTo(3_600_000);
    assert.deepEqual(fired, ["tick@3600000", "second@3600000"]);
    assert.deepEqual([clock.now(), clock.nextDueMs()], [3_600_000, 3_601_000]);
  });

  test("never goes back", async () => {
    const { clock } = seededSurroundings(1, 100);
    await clock.advanceTo(50);
    assert.equal(clock.now(), 100);
    await Promise.all([clock.advance(10), clock.advance(10)]);
    assert.equal(clock.now(), 120);
  });
});
