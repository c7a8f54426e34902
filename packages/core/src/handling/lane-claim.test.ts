import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMemoryStore, systemSurroundings } from "../index.ts";
import type { CursorClaim } from "../seams/store.ts";
import { ClaimLost, LaneClaim } from "./lane-claim.ts";
import { RunGate } from "./run-gate.ts";
import { defaultSettings, type ServiceScope } from "./scope.ts";

const key = { handlerId: 1, epoch: 1, topicId: "t", partition: 0 };
const never = new Promise<never>(() => undefined);
const eventAt = (offset: number) => ({ offset });

async function oneCursor() {
  const store = createMemoryStore();
  await store.unitOfWork((unit) =>
    unit.cursors.add([
      { ...key, topic: "order", offset: 10, originOffset: 0, untilOffset: null, logTimeMs: 0, reportedOffset: 0 },
    ]),
  );
  return {
    claim: (): Promise<CursorClaim | null> => store.unitOfWork((unit) => unit.cursors.claim(key)),
    move: (from: number, to: number) => store.unitOfWork((unit) => unit.cursors.move(key, from, to, 0)),
    /** The claim of a process that begins, as it was taken. */
    async owner(life: string, { store: own = store }: { store?: typeof store } = {}) {
      const scope = {
        store: own,
        life,
        gate: new RunGate(),
        deadline: new AbortController().signal,
        surroundings: systemSurroundings,
        settings: { ...defaultSettings, maxBatchRecords: 3 },
      } as unknown as ServiceScope<unknown>;
      const claim = new LaneClaim(scope, key);
      await claim.take();
      return claim;
    },
    store,
  };
}

describe("the claim on a cursor (R6)", () => {
  it("counts owners that died without having moved the cursor, and forgets them when it moves", async () => {
    const { owner, claim, move } = await oneCursor();
    for (const [life, deaths] of [
      ["a", 0],
      ["b", 1],
      ["c", 2],
    ] as const) {
      assert.equal((await owner(life)).isCareful, deaths >= 2);
      assert.deepEqual(await claim(), { owner: life, offset: 10, deaths, suspect: null });
    }
    await move(10, 11);
    assert.equal((await owner("d")).isCareful, false);
    assert.deepEqual(await claim(), { owner: "d", offset: 11, deaths: 0, suspect: null });
  });

  it("counts no owner that gave it back, nor the same process again; deaths before them stay counted", async () => {
    const { owner, claim } = await oneCursor();
    await owner("a");
    const b = await owner("b");
    await b.giveBack(10);
    assert.deepEqual(await claim(), { owner: null, offset: 10, deaths: 1, suspect: null });
    await owner("c");
    await owner("c");
    assert.equal((await claim())?.deaths, 1);
  });

  it("a lane that moved has nothing to give back", async () => {
    const { owner, claim, move } = await oneCursor();
    const a = await owner("a");
    await move(10, 20);
    await a.giveBack(20);
    assert.equal((await claim())?.owner, "a");
    await owner("b");
    assert.equal((await claim())?.deaths, 0);
  });

  it("notes an event before it runs alone, and condemns it after three deaths", async () => {
    const { owner, claim, move } = await oneCursor();
    for (const life of ["a", "b"]) await owner(life);
    for (const [life, deaths] of [
      ["c", 0],
      ["d", 1],
      ["e", 2],
    ] as const) {
      const dying = await owner(life);
      assert.equal(dying.verdictOn(eventAt(12)), null);
      const began = Promise.withResolvers<void>();
      void dying.alone(eventAt(12), async () => {
        assert.deepEqual((await claim())?.suspect, { offset: 12, deaths, isRunning: true });
        began.resolve();
        await never;
      });
      await began.promise;
    }
    const last = await owner("f");
    assert.equal(last.verdictOn(eventAt(13)), null);
    assert.match(last.verdictOn(eventAt(12))?.message ?? "", /died 3 times/);
    await move(10, 13);
    assert.equal((await owner("g")).isCareful, false, "what the cursor has passed is over");
  });

  it("an event that fails, or whose store is away, is noted no more before anything else may run", async () => {
    const { owner, claim, store } = await oneCursor();
    for (const life of ["a", "b"]) await owner(life);
    const connection = store.connect();
    const careful = await owner("c", { store: connection });
    await assert.rejects(
      careful.alone(eventAt(10), async () => {
        connection.unavailable(true);
        setTimeout(() => connection.unavailable(false), 30);
        throw new Error("not this time");
      }),
      /not this time/,
    );
    assert.deepEqual((await claim())?.suspect, { offset: 10, deaths: 0, isRunning: false });
    await owner("d");
    assert.deepEqual((await claim())?.suspect, { offset: 10, deaths: 0, isRunning: false });
  });

  it("a batch's worth is run one by one, and then no more", async () => {
    const { owner } = await oneCursor();
    for (const life of ["a", "b"]) await owner(life);
    const careful = await owner("c");
    for (const offset of [10, 11, 12]) {
      assert.equal(careful.isCareful, true);
      await careful.alone(eventAt(offset), () => Promise.resolve());
    }
    assert.equal(careful.isCareful, false);
  });

  it("one that lost it to another owner runs nothing, and takes it again when it still has the partition", async () => {
    const { owner, claim } = await oneCursor();
    for (const life of ["a", "b"]) await owner(life);
    const zombie = await owner("zombie");
    await owner("heir");
    let ran = false;
    await assert.rejects(
      zombie.alone(eventAt(10), async () => void (ran = true)),
      ClaimLost,
    );
    assert.equal(ran, false);
    assert.equal((await claim())?.owner, "heir");
    await zombie.take();
    assert.equal((await claim())?.owner, "zombie");
  });
});
