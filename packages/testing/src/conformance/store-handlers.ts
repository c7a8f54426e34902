import assert from "node:assert/strict";
import { describe } from "node:test";
import type { HandlerRegistration, Run } from "throughline/seams";
import { parkedRow, storeTests, type Tables } from "./store-fixture.ts";
import type { StoreUnderTest } from "./store-options.ts";

export function storeHandlers<Tx>(underTest: StoreUnderTest<Tx>): void {
  const test = storeTests(underTest);
  const registration = (name: string, parts: Partial<HandlerRegistration> = {}): HandlerRegistration => ({
    name,
    renamedFrom: [],
    types: ["order.created"],
    ...parts,
  });

  describe("handlers", () => {
    test("registers in the order given, with live epoch 1", async ({ unit }) => {
      const rows = await unit((u) => u.handlers.register([registration("b"), registration("a")], 5_000));
      assert.deepEqual(
        rows.map((row) => row.name),
        ["b", "a"],
      );
      assert.notEqual(rows[0]?.id, rows[1]?.id);
      assert.deepEqual(rows[0], {
        id: rows[0]?.id,
        name: "b",
        liveEpoch: 1,
        ownTransactions: false,
        overlapEnded: false,
        typesSince: { "order.created": 5_000 },
      });
      assert.deepEqual((await unit((u) => u.handlers.all())).map((row) => row.name).sort(), ["a", "b", "h"]);
    });

    test("registering again changes nothing", async ({ unit }) => {
      const first = await unit((u) => u.handlers.register([registration("a")], 5_000));
      assert.deepEqual(await unit((u) => u.handlers.register([registration("a")], 6_000)), first);
    });

    test("remembers since when each type is handled", async ({ unit }) => {
      await unit((u) => u.handlers.register([registration("a")], 5_000));
      const [row] = await unit((u) =>
        u.handlers.register([registration("a", { types: ["order.created", "order.paid"] })], 6_000),
      );
      assert.deepEqual(row?.typesSince, { "order.created": 5_000, "order.paid": 6_000 });
      assert.deepEqual((await unit((u) => u.handlers.all())).find((each) => each.name === "a")?.typesSince, row?.typesSince);
    });

    test("a renamed handler keeps both names", async ({ unit }) => {
      const [old] = await unit((u) => u.handlers.register([registration("old")], 5_000));
      const [renamed] = await unit((u) => u.handlers.register([registration("new", { renamedFrom: ["older", "old"] })], 6_000));
      assert.equal(renamed?.id, old?.id);
      const [byOldName] = await unit((u) => u.handlers.register([registration("old")], 7_000));
      const [byNewName] = await unit((u) => u.handlers.register([registration("new")], 7_000));
      assert.deepEqual([byOldName?.id, byNewName?.id], [old?.id, old?.id]);
      const all = await unit((u) => u.handlers.all());
      assert.deepEqual(all.map((row) => row.name).sort(), ["h", "new"]);
    });

    test("a former name is the handler's from its first register on, and never its own name", async ({ unit }) => {
      const [renamed] = await unit((u) => u.handlers.register([registration("new", { renamedFrom: ["old", "h"] })], 5_000));
      const [byOldName] = await unit((u) => u.handlers.register([registration("old")], 6_000));
      assert.equal(byOldName?.id, renamed?.id);
      const [other] = await unit((u) => u.handlers.register([registration("h")], 6_000));
      assert.equal(other?.id, renamed?.id, "the one that had the name is renamed");
      assert.deepEqual(
        (await unit((u) => u.handlers.all())).map((row) => row.name),
        ["new"],
      );
      const [again] = await unit((u) => u.handlers.register([registration("new", { renamedFrom: ["old", "first"] })], 7_000));
      const [byFirstName] = await unit((u) => u.handlers.register([registration("first")], 7_000));
      assert.deepEqual([again?.id, byFirstName?.id], [renamed?.id, renamed?.id]);
      assert.deepEqual(
        (await unit((u) => u.handlers.all())).map((row) => row.name),
        ["new"],
      );
    });

    test("two registers at once agree", async ({ unit }) => {
      const names = ["a", "b", "c"].map((name) => registration(name));
      const [one, two] = await Promise.all([
        unit((u) => u.handlers.register(names, 5_000)),
        unit((u) => u.handlers.register(names, 5_000)),
      ]);
      assert.deepEqual(
        one?.map((row) => row.id),
        two?.map((row) => row.id),
      );
      assert.equal((await unit((u) => u.handlers.all())).length, 4);
    });

    test("remembers what ended", async ({ unit, run }) => {
      const saved = async () => {
        const [row] = await unit((u) => u.handlers.all());
        return [row?.overlapEnded, row?.ownTransactions];
      };
      assert.deepEqual(await saved(), [false, false]);
      await unit((u) => u.handlers.endSharing(run.handlerId, "overlap"));
      assert.deepEqual(await saved(), [true, false]);
      await unit((u) => u.handlers.endSharing(run.handlerId, "sharing"));
      assert.deepEqual(await saved(), [true, true]);
    });

    test("remove forgets a handler, and a sweep everything that was kept for it", async ({ unit, run }) => {
      await unit((u) => fill(u, run));
      await unit((u) => u.handlers.remove(run.handlerId));
      assert.deepEqual(await unit((u) => u.handlers.all()), []);
      assert.deepEqual(await unit((u) => u.handlers.epochs(run.handlerId)), []);
      assert.equal(await unit((u) => u.handlers.sweepDropped(100)), 3);
      assert.deepEqual(await unit((u) => kept(u, run)), nothing);
      const [again] = await unit((u) => u.handlers.register([registration("h")], 9_000));
      assert.deepEqual(again?.typesSince, { "order.created": 9_000 });
    });
  });

  describe("epochs", () => {
    const plan = { from: { kind: "time", ms: 1 }, rate: null };
    const opening = { kind: "rerun", state: "running", commandId: "c-1", plan, openedAtMs: 5_000 } as const;

    test("begin with the live one", async ({ unit, run }) => {
      assert.deepEqual(await unit((u) => u.handlers.epochs(run.handlerId)), [
        { handlerId: run.handlerId, epoch: 1, kind: "live", state: "running", commandId: null, plan: null, openedAtMs: 1_000 },
      ]);
    });

    test("a rebuild is live at once, a rerun never", async ({ unit, run }) => {
      const rerun = await unit((u) => u.handlers.openEpoch(run.handlerId, opening));
      assert.deepEqual(rerun, { ...opening, handlerId: run.handlerId, epoch: 2 });
      assert.equal((await unit((u) => u.handlers.all()))[0]?.liveEpoch, 1);
      const rebuild = await unit((u) => u.handlers.openEpoch(run.handlerId, { ...opening, kind: "rebuild", commandId: "c-2" }));
      assert.equal(rebuild.epoch, 3);
      assert.equal((await unit((u) => u.handlers.all()))[0]?.liveEpoch, 3);
      assert.deepEqual(
        (await unit((u) => u.handlers.epochs(run.handlerId))).map((row) => row.epoch),
        [1, 2, 3],
      );
    });

    test("are saved with their state and plan", async ({ unit, run }) => {
      const row = await unit((u) => u.handlers.openEpoch(run.handlerId, opening));
      const changed = { ...row, state: "paused", plan: { ...plan, progress: 0.5 } } as const;
      await unit((u) => u.handlers.saveEpoch(changed));
      assert.deepEqual((await unit((u) => u.handlers.epochs(run.handlerId)))[1], changed);
    });

    test("dropping one leaves the others", async ({ unit, run }) => {
      const other = await unit((u) => u.handlers.openEpoch(run.handlerId, opening));
      await unit(async (u) => {
        await fill(u, run);
        await fill(u, other);
      });
      const dropped = await unit((u) => u.handlers.dropEpoch(other));
      assert.deepEqual(
        dropped.cursors.map(({ topicId, offset }) => [topicId, offset]),
        [["t", 0]],
      );
      assert.deepEqual(
        dropped.parked.map((place) => ({ ...place })),
        [{ id: parkedRow(other, other.epoch).id, topicId: "topic-1", partition: 0, offset: other.epoch }],
      );
      assert.deepEqual(await unit((u) => kept(u, other)), { ...one, cursors: 0, parked: 0 });
      assert.deepEqual(await unit((u) => kept(u, run)), one);
    });

    test("what is kept of those that are over is swept, in pieces", async ({ unit, run }) => {
      const open = (kind: "rebuild" | "rerun") => unit((u) => u.handlers.openEpoch(run.handlerId, { ...opening, kind }));
      const cancelled = await open("rerun");
      const rerun = await open("rerun");
      const rebuild = await open("rebuild");
      await unit(async (u) => {
        for (const each of [run, cancelled, rerun, rebuild]) await fill(u, each);
        await u.handlers.saveEpoch({ ...cancelled, state: "cancelled" });
        for (const each of [run, cancelled]) await u.handlers.dropEpoch(each);
      });
      const swept: number[] = [];
      do swept.push(await unit((u) => u.handlers.sweepDropped(4)));
      while ((swept.at(-1) ?? 0) > 0);
      assert.deepEqual(swept, [4, 2, 0]);
      for (const over of [run, cancelled]) assert.deepEqual(await unit((u) => kept(u, over)), nothing);
      for (const lasting of [rerun, rebuild]) assert.deepEqual(await unit((u) => kept(u, lasting)), one);
    });

    test("a number is not used again after a drop", async ({ unit, run }) => {
      const dropped = await unit((u) => u.handlers.openEpoch(run.handlerId, opening));
      await unit((u) => u.handlers.dropEpoch(dropped));
      const next = await unit((u) => u.handlers.openEpoch(run.handlerId, opening));
      assert.equal(next.epoch, dropped.epoch + 1);
    });
  });
}

const one = { inbox: 1, positions: 1, lost: true, cursors: 1, parked: 1 };
const nothing = { inbox: 0, positions: 0, lost: false, cursors: 0, parked: 0 };

/** One row of each kind. */
async function fill(unit: Tables, run: Run): Promise<void> {
  await unit.inbox.add(run, [{ key: "k", partition: 0, offset: 0, outcome: "applied", handledAtMs: 1, durationMicros: 2 }]);
  await unit.positions.save(run, "order", [{ subject: "o", sequence: 1, sequenceEpoch: 1, baseline: 1, parked: 0 }]);
  await unit.positions.addLost(run, "order", "o", { sequenceEpoch: 0, from: 3, to: 4 });
  const { handlerId, epoch } = run;
  await unit.cursors.add([
    {
      handlerId,
      epoch,
      topicId: "t",
      partition: 0,
      topic: "order",
      offset: 0,
      originOffset: 0,
      untilOffset: null,
      logTimeMs: 0,
      reportedOffset: 0,
    },
  ]);
  await unit.parked.add([parkedRow(run, run.epoch)]);
}

async function kept(unit: Tables, run: Run) {
  return {
    inbox: (await unit.inbox.find(run, ["k"])).size,
    positions: (await unit.positions.find(run, "order", ["o"])).size,
    lost: await unit.positions.isLost(run, "order", "o", 0, 3),
    cursors: (await unit.cursors.list(run)).length,
    parked: (await unit.parked.ofSubject({ ...run, stream: "order", subject: "o-1" }, 10)).length,
  };
}
