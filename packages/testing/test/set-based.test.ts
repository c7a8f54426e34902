import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeEvent, type Event, PermanentError } from "throughline";
import { readReceipt, receiptsTopic, unpackDurations } from "throughline/system-topics";
import {
  InvoiceCreated,
  letters,
  logOf,
  OrderUpdated,
  reader,
  records,
  settled,
  updated,
  until,
  worlds,
} from "./modes-fixture.ts";

const names = (events: readonly Event[]): string[] => events.map(({ subject, sequence }) => `${subject}${sequence}`);
const batch = [updated("a", 1), updated("b", 1), updated("a", 2), updated("c", 1), updated("a", 3)];

for (const [name, makeWorld] of worlds) {
  describe(`set-based handlers, ${name} (R4)`, () => {
    it("all fresh events of a batch come in one call, at most one of each subject, the next of a subject in the next call", async () => {
      const world = makeWorld();
      const log = await logOf([...batch, batch[1]!]);
      const calls: string[][] = [];
      const service = reader(log, world).onBatch(OrderUpdated, "count", async (events, ctx) => {
        calls.push(names(events));
        for (const { subject, sequence } of events) await world.insert(ctx.tx, `${subject}${sequence}`, calls.length);
      });
      await using running = await service.start();
      await settled(log, world.store);
      assert.deepEqual(calls, [["a1", "b1", "c1"], ["a2"], ["a3"]]);
      assert.deepEqual(await world.all(), { a1: 1, a2: 2, a3: 3, b1: 1, c1: 1 });
      await running.close();
      const ranges = (await records(log, receiptsTopic)).map(({ value }) => readReceipt(value));
      const applied = ranges.flatMap((receipt) => (receipt?.kind === "range" ? unpackDurations(receipt.applied) : []));
      assert.equal(applied.filter((micros) => micros !== null).length, 5);
    });

    it("with manyPerSubject one call holds several events of a subject, in order", async () => {
      const world = makeWorld();
      const log = await logOf(batch);
      const calls: string[][] = [];
      const service = reader(log, world).onBatch(OrderUpdated, "count", (events) => void calls.push(names(events)), {
        manyPerSubject: true,
      });
      await using _running = await service.start();
      await settled(log, world.store);
      assert.deepEqual(calls, [["a1", "b1", "a2", "c1", "a3"]]);
    });

    it("an event that came too early is handed over by itself when its predecessor came", async () => {
      const world = makeWorld();
      const log = await logOf([updated("a", 1), updated("a", 3), updated("b", 1)]);
      const calls: string[][] = [];
      const service = reader(log, world).onBatch(OrderUpdated, "count", (events) => void calls.push(names(events)));
      await using _running = await service.start();
      await until("the batch is handled", () => calls.length > 0);
      await log.append([updated("a", 2)]);
      await settled(log, world.store);
      assert.deepEqual(calls, [["a1", "b1"], ["a2"], ["a3"]]);
    });

    for (const manyPerSubject of [false, true]) {
      it(`a call that fails is halved until the culprit stands alone: it alone spends attempts and dies${manyPerSubject ? ", among many of its subject" : ""}`, async () => {
        const world = makeWorld();
        const subjects = Array.from({ length: 40 }, (_, i) => `s${i}`);
        const log = await logOf([1, 2].flatMap((sequence) => subjects.map((subject) => updated(subject, sequence))));
        let alone = 0;
        const service = reader(log, world).onBatch(
          OrderUpdated,
          "count",
          async (events, ctx) => {
            for (const { subject, sequence } of events) await world.insert(ctx.tx, `${subject}/${sequence}`, 1);
            if (!names(events).includes("s171")) return;
            if (events.length === 1) alone++;
            throw new Error("poison");
          },
          { manyPerSubject },
        );
        await using _running = await service.start();
        await until("the letter", async () => (await letters(log)).length > 0);
        await settled(log, world.store);
        const applied = await world.all();
        assert.equal(Object.keys(applied).length, 78);
        assert.deepEqual([applied["s17/1"], applied["s17/2"]], [undefined, undefined]);
        const [{ letter, subject } = assert.fail("no letter"), ...others] = await letters(log);
        assert.deepEqual([subject, letter.attempts.length, others.length], ["s17", 4, 0]);
        assert.equal(alone, 4);
      });
    }

    it("a failed statement fails its call, caught or not, unless a nested transaction undid it", async () => {
      const world = makeWorld();
      const log = await logOf(["caught", "plain", "nested", "fine"].map((subject) => updated(subject, 1)));
      const service = reader(log, world, { retryDelaysMs: [] }).onBatch(OrderUpdated, "count", async (events, ctx) => {
        for (const { subject } of events) {
          const twice = async (tx: unknown): Promise<void> => {
            await world.insert(tx, `${subject}`, 1);
            await world.insert(tx, `${subject}`, 2);
          };
          if (subject === "caught") await twice(ctx.tx).catch(() => undefined);
          if (subject === "plain") await twice(ctx.tx);
          if (subject === "nested") await world.nested(ctx.tx, twice).catch(() => undefined);
          await world.insert(ctx.tx, `${subject} done`, 1);
        }
      });
      await using _running = await service.start();
      await until("the letters", async () => (await letters(log)).length === 2);
      await settled(log, world.store);
      assert.deepEqual(await world.all(), { "fine done": 1, "nested done": 1 });
      assert.deepEqual((await letters(log)).map(({ subject }) => subject).sort(), ["caught", "plain"]);
    });

    it("tx and publish refuse once the handler settled", async () => {
      const world = makeWorld();
      const log = await logOf([updated("a", 1), updated("b", 1), updated("a", 2)]);
      const late: unknown[] = [];
      let previous: (() => Promise<unknown>)[] = [];
      const service = reader(log, world).onBatch(OrderUpdated, "count", async (events, ctx) => {
        for (const use of previous) await use().catch((error: unknown) => late.push((error as { code?: string }).code));
        const [cause] = events;
        previous = [
          () => world.insert(ctx.tx, "late", 1),
          () => ctx.publish(InvoiceCreated, { order_id: "late", total: 1 }, { cause: cause! }),
        ];
      });
      await using _running = await service.start();
      await settled(log, world.store);
      assert.deepEqual(late, ["TX_ENDED", "TX_ENDED"]);
      assert.deepEqual([await world.all(), (await records(log, "invoice")).length], [{}, 0]);
    });

    it("what is published names its cause, and belongs to its story; published again it has the same id", async () => {
      const world = makeWorld();
      const log = await logOf([updated("a", 1), updated("b", 1), updated("c", 1)]);
      const ids: string[][] = [];
      const service = reader(log, world, { publishes: [InvoiceCreated] }).onBatch(OrderUpdated, "bill", async (events, ctx) => {
        const made: string[] = [];
        for (const event of events.toReversed())
          for (const total of [1, 2])
            made.push(await ctx.publish(InvoiceCreated, { order_id: event.data.order_id, total }, { cause: event }));
        ids.push(made.sort());
        if (ids.length === 1) throw new Error("once more");
      });
      await using _running = await service.start();
      await settled(log, world.store);
      const published = (await records(log, "invoice")).map(decodeEvent);
      assert.deepEqual(published.map(({ id }) => id).sort(), [...new Set(ids.flat())].sort());
      assert.deepEqual(new Set(ids.slice(1).flat()), new Set(ids[0]));
      const causes = new Map((await records(log, "order")).map(decodeEvent).map(({ id, subject }) => [subject, id]));
      for (const { subject, correlationId, causationId, tenantId, sequence } of published)
        assert.deepEqual(
          { correlationId, causationId, tenantId, isNumbered: [1, 2].includes(sequence ?? 0) },
          { correlationId: `c-${subject}`, causationId: causes.get(subject), tenantId: `t-${subject}`, isNumbered: true },
        );
    });

    it("publishing without a cause, or with an event of another call, fails the handler", async () => {
      const world = makeWorld();
      const log = await logOf([updated("a", 1), updated("b", 1), updated("b", 2)]);
      let first: Event | undefined;
      const service = reader(log, world, { retryDelaysMs: [] }).onBatch(OrderUpdated, "bill", async (events, ctx) => {
        for (const event of events) {
          first ??= event;
          const options =
            event.sequence === 2 ? { cause: first } : event.subject === "a" ? ({} as { cause: Event }) : { cause: event };
          await ctx.publish(InvoiceCreated, event.data, options);
        }
      });
      await using _running = await service.start();
      await until("the letters", async () => (await letters(log)).length === 2);
      for (const { letter } of await letters(log)) assert.equal(letter.error.code, "PUBLISH_WITHOUT_CAUSE");
      await settled(log, world.store);
      assert.equal((await records(log, "invoice")).length, 1);
    });

    it("logs of a call carry no correlation id, those for one of its events do", async () => {
      const world = makeWorld();
      const log = await logOf([updated("a", 1), updated("b", 1)]);
      const lines: string[] = [];
      const destination = { write: (line: string) => void lines.push(line) };
      const service = reader(log, world, { log: { destination } }).onBatch(OrderUpdated, "count", (events, ctx) => {
        ctx.log.info("the call");
        for (const event of events) ctx.logFor(event).info("an event");
      });
      await using _running = await service.start();
      await settled(log, world.store);
      const told = lines.map((line) => JSON.parse(line) as Record<string, string>);
      const of = (msg: string) =>
        told.filter((line) => line["msg"] === msg).map(({ correlationId, tenantId }) => [correlationId, tenantId]);
      assert.deepEqual(of("the call"), [[undefined, undefined]]);
      assert.deepEqual(of("an event"), [
        ["c-a", "t-a"],
        ["c-b", "t-b"],
      ]);
    });

    it("a statement that outlives its call gives each call a transaction of its own, from then on", async () => {
      const world = makeWorld();
      const log = await logOf(batch);
      const calls: string[][] = [];
      const service = reader(log, world).onBatch(OrderUpdated, "count", async (events, ctx) => {
        await world.outlive(ctx.tx);
        calls.push(names(events));
      });
      await using _running = await service.start();
      await settled(log, world.store);
      assert.deepEqual(calls, [["a1", "b1"], ["a2", "c1"], ["a3"]]);
      const [row] = (await world.store.unitOfWork((unit) => unit.handlers.all())).filter((handler) => handler.name === "count");
      assert.equal(row?.ownTransactions, true);
    });

    it("a permanent error of one makes it a letter at once, and the batch commits", async () => {
      const world = makeWorld();
      const log = await logOf(Array.from({ length: 30 }, (_, i) => updated(`s${i}`, 1)));
      const service = reader(log, world).onBatch(OrderUpdated, "count", async (events, ctx) => {
        for (const { subject } of events) {
          if (subject === "s7" || subject === "s8") throw new PermanentError("never");
          await world.insert(ctx.tx, `${subject}`, 1);
        }
      });
      await using _running = await service.start();
      await until("the letters", async () => (await letters(log)).length === 2);
      await settled(log, world.store);
      assert.equal(Object.keys(await world.all()).length, 28);
    });
  });
}
