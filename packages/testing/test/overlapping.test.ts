import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeEvent } from "throughline";
import { readAnnouncement, servicesTopic } from "throughline/system-topics";
import {
  gate,
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

const subjects = Array.from({ length: 10 }, (_, i) => `s${i}`);

/** Counts how many handlers run at once. */
function counting(): { most: number; readonly run: <T>(work: () => Promise<T>) => Promise<T> } {
  let open = 0;
  const counted = {
    most: 0,
    run: async <T>(work: () => Promise<T>): Promise<T> => {
      counted.most = Math.max(counted.most, ++open);
      return work().finally(() => open--);
    },
  };
  return counted;
}

/** Others get their turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

for (const [name, makeWorld] of worlds) {
  describe(`overlapping handlers, ${name} (R4)`, () => {
    it("handlers of different subjects run at once, in one transaction", async () => {
      const world = makeWorld();
      const log = await logOf(subjects.map((subject) => updated(subject, 1)));
      const all = gate();
      let begun = 0;
      const service = reader(log, world).on(
        OrderUpdated,
        "write",
        async ({ subject }, ctx) => {
          if (++begun === subjects.length) all.open();
          await all.opened;
          await world.insert(ctx.tx, `${subject}`, 1);
        },
        { overlap: true },
      );
      await using _running = await service.start();
      await settled(log, world.store);
      assert.deepEqual(Object.keys(await world.all()), subjects);
      assert.equal(begun, subjects.length);
    });

    it("events of one subject stay in order: the next begins when the one before has ended", async () => {
      const world = makeWorld();
      const log = await logOf([1, 2, 3, 4].flatMap((sequence) => subjects.map((subject) => updated(subject, sequence))));
      const perSubject = new Map(subjects.map((subject) => [subject, counting()]));
      const all = counting();
      const history: Record<string, (number | null)[]> = {};
      const service = reader(log, world).on(
        OrderUpdated,
        "write",
        ({ subject, sequence }, ctx) =>
          all.run(() =>
            perSubject.get(subject ?? "")!.run(async () => {
              // The first of each subject is the slowest.
              for (let i = 0; i < 5 - (sequence ?? 0); i++) await turn();
              await world.insert(ctx.tx, `${subject}/${sequence}`, 1);
              (history[subject ?? ""] ??= []).push(sequence);
            }),
          ),
        { overlap: true, order: "any" },
      );
      await using _running = await service.start();
      await settled(log, world.store);
      assert.equal(Object.keys(await world.all()).length, 40);
      assert.deepEqual(
        [...perSubject.values()].map(({ most }) => most),
        subjects.map(() => 1),
      );
      assert.ok(all.most > 1);
      for (const subject of subjects) assert.deepEqual(history[subject], [1, 2, 3, 4]);
    });

    it("a failure reruns the batch as shared, so that only the failing event is held", async () => {
      const world = makeWorld();
      const log = await logOf([1, 2].flatMap((sequence) => subjects.map((subject) => updated(subject, sequence))));
      const service = reader(log, world, { publishes: [InvoiceCreated] }).on(
        OrderUpdated,
        "write",
        async ({ subject, sequence, data }, ctx) => {
          await world.insert(ctx.tx, `${subject}/${sequence}`, 1);
          await ctx.publish(InvoiceCreated, data);
          await turn();
          if (subject === "s4" && sequence === 1) throw new Error("poison");
        },
        { overlap: true },
      );
      await using _running = await service.start();
      await until("the letter", async () => (await letters(log)).length > 0);
      await settled(log, world.store);
      assert.equal(Object.keys(await world.all()).length, 18);
      const [only, ...others] = await letters(log);
      assert.deepEqual([only?.subject, only?.letter.attempts.length, others.length], ["s4", 4, 0]);
      assert.equal((await records(log, "invoice")).length, 18);
      const [row] = (await world.store.unitOfWork((unit) => unit.handlers.all())).filter((handler) => handler.name === "write");
      assert.deepEqual([row?.overlapEnded, row?.ownTransactions], [false, false]);
    });

    it("a failed statement fails its handler, caught or not", async () => {
      const world = makeWorld();
      const log = await logOf(subjects.map((subject) => updated(subject, 1)));
      const service = reader(log, world, { retryDelaysMs: [] }).on(
        OrderUpdated,
        "write",
        async ({ subject }, ctx) => {
          await world.insert(ctx.tx, `${subject}`, 1);
          if (subject === "s3") await world.insert(ctx.tx, "s3", 2).catch(() => undefined);
          if (subject === "s5") await world.insert(ctx.tx, "s5", 2);
        },
        { overlap: true },
      );
      await using _running = await service.start();
      await until("the letters", async () => (await letters(log)).length === 2);
      await settled(log, world.store);
      assert.deepEqual((await letters(log)).map(({ subject }) => subject).sort(), ["s3", "s5"]);
      assert.equal(Object.keys(await world.all()).length, 8);
    });

    it("tx refuses once its handler settled, while others of the transaction still run", async () => {
      const world = makeWorld();
      const log = await logOf([updated("a", 1), updated("b", 1)]);
      const [given, tried] = [gate(), gate()];
      let kept: unknown;
      let late: unknown;
      const service = reader(log, world).on(
        OrderUpdated,
        "write",
        async ({ subject }, ctx) => {
          if (subject === "a") {
            kept = ctx.tx;
            void turn().then(given.open);
            return;
          }
          await given.opened;
          await world.insert(kept, "late", 1).catch((error: unknown) => (late = error));
          await world.insert(ctx.tx, "b", 1);
          tried.open();
        },
        { overlap: true },
      );
      await using _running = await service.start();
      await tried.opened;
      await settled(log, world.store);
      assert.equal((late as { code?: string }).code, "TX_ENDED");
      assert.deepEqual(await world.all(), { b: 1 });
    });

    it("a transaction that took too long is nobody's failure: it runs again one after the other", async () => {
      const world = makeWorld({ transactionLimitMs: 300 });
      const log = await logOf([1, 2, 3, 4].map((sequence) => updated("slow", sequence)));
      const attempts: number[] = [];
      const service = reader(log, world, { settings: { transactionBudgetMs: 100 } }).on(
        OrderUpdated,
        "write",
        async ({ sequence }, ctx) => {
          attempts.push(ctx.attempt);
          // Each is quick enough, and all together are not.
          await new Promise((resolve) => setTimeout(resolve, 110));
          await world.insert(ctx.tx, `${sequence}`, 1);
        },
        { overlap: true },
      );
      await using _running = await service.start();
      await settled(log, world.store);
      assert.equal(Object.keys(await world.all()).length, 4);
      assert.deepEqual([...new Set(attempts)], [1]);
      assert.ok(attempts.length > 4, "it ran again");
    });

    it("what they publish stands in the log in the order of their events, whoever ended first", async () => {
      const world = makeWorld();
      const log = await logOf(subjects.map((subject) => updated(subject, 1)));
      const service = reader(log, world, { publishes: [InvoiceCreated] }).on(
        OrderUpdated,
        "write",
        async ({ data, subject }, ctx) => {
          for (let i = Number(subject?.slice(1)); i < subjects.length; i++) await turn();
          await ctx.publish(InvoiceCreated, { ...data, order_id: "one" });
        },
        { overlap: true },
      );
      await using _running = await service.start();
      await settled(log, world.store);
      const published = (await records(log, "invoice")).map(decodeEvent);
      const causes = new Map((await records(log, "order")).map(decodeEvent).map(({ id, subject }) => [id, subject]));
      assert.deepEqual(
        published.map(({ causationId }) => causes.get(causationId ?? "")),
        subjects,
      );
    });

    const reading = {
      "a statement that returns rows": async (world: ReturnType<typeof makeWorld>, tx: unknown) => world.get(tx, "s1"),
      "a nested transaction": async (world: ReturnType<typeof makeWorld>, tx: unknown) =>
        world.nested(tx, (inner) => world.insert(inner, "nested", 1)),
    };
    for (const [what, statement] of Object.entries(reading)) {
      it(`${what} ends overlapping for that handler, for good, and it says so`, async () => {
        const world = makeWorld();
        const log = await logOf(subjects.map((subject) => updated(subject, 1)));
        const lines: string[] = [];
        const destination = { write: (line: string) => void lines.push(line) };
        let at = counting();
        const define = () =>
          reader(log, world, { log: { destination } }).on(
            OrderUpdated,
            "write",
            ({ subject, sequence }, ctx) =>
              at.run(async () => {
                await turn();
                if (subject === "s1" && sequence === 1) await statement(world, ctx.tx);
                await turn();
                await world.insert(ctx.tx, `${subject}/${sequence}`, 1);
              }),
            { overlap: true },
          );
        const running = await define().start();
        await settled(log, world.store);
        assert.equal(Object.keys(await world.all()).filter((key) => key.endsWith("/1")).length, 10);
        assert.equal(lines.filter((line) => line.includes("one after the other")).length, 1);
        const modes = async () =>
          (await records(log, servicesTopic)).map(({ value }) => {
            const handler = readAnnouncement(value)?.handlers[0];
            return [handler?.askedMode, handler?.mode].join();
          });
        await until("it is announced", async () => (await modes()).at(-1) === "overlapping,shared");
        assert.equal((await letters(log)).length, 0);
        await running.close();
        at = counting();
        await log.append(subjects.map((subject) => updated(subject, 2)));
        await using _again = await define().start();
        await settled(log, world.store);
        assert.equal(at.most, 1);
        assert.equal(lines.filter((line) => line.includes("one after the other")).length, 1);
      });
    }

    it("a statement that outlives its event ends overlapping and sharing", async () => {
      const world = makeWorld();
      const log = await logOf(subjects.map((subject) => updated(subject, 1)));
      const at = counting();
      const service = reader(log, world).on(
        OrderUpdated,
        "write",
        ({ subject }, ctx) =>
          at.run(async () => {
            if (subject === "s0") at.most = 0;
            await world.outlive(ctx.tx);
            await world.insert(ctx.tx, `${subject}`, 1);
          }),
        { overlap: true },
      );
      await using _running = await service.start();
      await settled(log, world.store);
      assert.deepEqual(Object.keys(await world.all()), subjects);
      assert.equal(at.most, 1);
    });
  });
}
