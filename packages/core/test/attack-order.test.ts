import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { type HandlerOptions, type MemoryLog, type MemoryStore, type MemoryTx, PermanentError } from "../src/index.ts";
import { readDeadLetter, redriveRecord } from "../src/system-topics/index.ts";
import { eventRecord, isSettled, memory, OrderCreated, OrderUpdated, readAll, receipts, service, until } from "./harness.ts";

const numbered = (n: number, subject = "o", id?: string) =>
  eventRecord(OrderUpdated, { order_id: subject, total: n }, n, id === undefined ? {} : { id });

const seen = (store: MemoryStore) => store.get<(number | null)[]>("seen") ?? [];
const note = async (ctx: { tx: MemoryTx }, n: number | null) =>
  ctx.tx.put("seen", [...((await ctx.tx.get<(number | null)[]>("seen")) ?? []), n]);

async function letters(log: MemoryLog) {
  const found = (await readAll(log, "reader.dlt")).map((record) => readDeadLetter(record)).filter((letter) => letter !== null);
  return found.map(({ letter, original }) => ({
    letter,
    original,
    sequence: JSON.parse(Buffer.from(original.value ?? []).toString()).total as number,
  }));
}

async function ask(
  log: MemoryLog,
  { letter, original }: Awaited<ReturnType<typeof letters>>[number],
  action: "redrive" | "discard" = "redrive",
): Promise<void> {
  const { service: name, handler, failureId } = letter;
  await log.append([
    redriveRecord({
      requestId: randomUUID(),
      action,
      service: name,
      handler,
      failureId,
      by: "ann",
      reason: null,
      atMs: Date.now(),
      original,
      editedValue: null,
      force: false,
    }),
  ]);
}

/** A reader that notes what it applied, unless `fails` says otherwise. */
async function reading(options: HandlerOptions, fails: (sequence: number) => Error | undefined = () => undefined) {
  const { log, store } = memory(1);
  await log.createTopics([{ name: "order" }]);
  const reader = service("reader", log, store);
  reader.on(
    OrderUpdated,
    "follow",
    async ({ sequence }, ctx) => {
      const error = fails(sequence ?? 0);
      if (error !== undefined) throw error;
      await note(ctx, sequence);
    },
    options,
  );
  return { log, store, running: await reader.start() };
}

/** Holds a subject's lock, as a drain does, until the lane has passed what `append` adds. */
async function whileLocked(log: MemoryLog, store: MemoryStore, subject: string, append: () => Promise<unknown>): Promise<void> {
  await store.unitOfWork(async (unit) => {
    await unit.positions.lock({ handlerId: 1, epoch: 1 }, "order", [subject], { wait: true });
    await append();
    const [end] = await log.offsets("order");
    await until("the lane has passed them", async () =>
      (await unit.cursors.list({ handlerId: 1, epoch: 1 })).every(({ offset }) => offset === end?.end),
    );
  });
}

describe("parked without the lock (R6): counted by whoever has it next", () => {
  it("an event that stands behind one that was parked without the lock is not forgotten", async () => {
    let fails = true;
    const { log, store, running } = await reading({ transaction: "own", retryDelaysMs: [150] }, (n) =>
      n === 2 && fails ? new Error("once") : undefined,
    );
    await log.append([numbered(1)]);
    await until("the first", () => seen(store).length === 1);
    await whileLocked(log, store, "o", () => log.append([numbered(2)]));
    await until("the second is being retried", async () =>
      (await store.unitOfWork((unit) => unit.parked.counts())).some(({ reason }) => reason === "retry"),
    );
    fails = false;
    await log.append([numbered(3), numbered(4)]);
    await until("all four", () => seen(store).length === 4, 5_000);
    assert.deepEqual(seen(store), [1, 2, 3, 4]);
    await until("nothing is parked", () => isSettled(log, store, ["order"]));
    await running.close();
  });
});

describe("sequential, and on after a dead letter (R5, R6)", () => {
  const options = { afterDeadLetter: "continue", gapDeadlineMs: 30 } as const;

  it("a gap makes one letter, what follows goes on, and the missing one is stale if it comes after all", async () => {
    const { log, store, running } = await reading(options);
    await log.append([numbered(1), numbered(3), numbered(4), numbered(5)]);
    await until("the followers have run", () => seen(store).length === 3, 5_000);
    await log.append([numbered(2), numbered(6)]);
    await until("all", () => seen(store).length === 4, 5_000);
    assert.deepEqual(seen(store), [1, 4, 5, 6]);
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.deepEqual(
      (await letters(log)).map(({ letter, sequence }) => [sequence, letter.reason]),
      [[3, "gap"]],
    );
    await running.close();
  });

  it("a gap after a dead letter of the same subject is a gap all the same", async () => {
    const { log, store, running } = await reading(options, (n) => (n === 1 ? new PermanentError("never") : undefined));
    await log.append([numbered(1), numbered(3)]);
    await until("both letters", async () => (await letters(log)).length === 2, 5_000);
    await log.append([numbered(4)]);
    await until("what follows", () => seen(store).length === 1, 5_000);
    assert.deepEqual(seen(store), [4]);
    await running.close();
  });

  it("a redriven letter that fails once more is retried, out of order, until it is applied", async () => {
    let runs = 0;
    // Live with and without a savepoint, its retry, and then twice after the redrive.
    const { log, store, running } = await reading({ ...options, retryDelaysMs: [1, 1] }, (n) =>
      n === 1 && ++runs < 6 ? new Error("not yet") : undefined,
    );
    await log.append([numbered(1), numbered(2)]);
    await until("the letter, and what followed", async () => (await letters(log)).length === 1 && seen(store).length === 1);
    const before = runs;
    await ask(log, (await letters(log))[0]!);
    await until("it is applied", () => seen(store).length === 2, 5_000);
    assert.deepEqual(seen(store), [2, 1]);
    assert.ok(runs > before + 1, "it failed once more");
    assert.equal((await letters(log)).length, 1);
    await running.close();
  });

  it("a letter that comes once more from the log is a duplicate, and no conflict", async () => {
    const id = "01900000-0000-7000-8000-0000000000d1";
    const { log, store, running } = await reading(options, (n) => (n === 1 ? new PermanentError("never") : undefined));
    await log.append([numbered(1, "o", id)]);
    await until("the letter", async () => (await letters(log)).length === 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await log.append([numbered(1, "o", id), numbered(2)]);
    await until("settled", async () => seen(store).length === 1 && (await isSettled(log, store, ["order"])));
    assert.equal((await letters(log)).length, 1);
    await running.close();
  });

  it("hundreds of letters of one subject do not hide an event that is to be retried", async () => {
    let failures = 0;
    const failing = (n: number) => (n <= 250 ? new PermanentError("never") : ++failures < 4 ? new Error("not yet") : undefined);
    const { log, store, running } = await reading({ ...options, retryDelaysMs: [3, 3, 3, 3] }, failing);
    await log.append(Array.from({ length: 251 }, (_, i) => numbered(i + 1)));
    await until("it is retried", () => seen(store).length === 1, 5_000);
    await running.close();
  });

  it("letters do not keep a handler with transactions of its own from its retries", async () => {
    for (const order of ["any", "sequential"] as const) {
      let failures = 0;
      const { log, store, running } = await reading(
        { order, afterDeadLetter: "continue", transaction: "own", retryDelaysMs: [3] },
        (n) => (n === 1 ? new PermanentError("never") : ++failures < 2 ? new Error("once") : undefined),
      );
      await log.append([numbered(1), numbered(2)]);
      await until("the second is applied", () => seen(store).length === 1, 5_000);
      await running.close();
    }
  });
});

describe("latest (R5)", () => {
  it("a dead letter that nothing newer followed is applied when it is redriven", async () => {
    let isBroken = true;
    const { log, store, running } = await reading({ order: "latest" }, () => (isBroken ? new PermanentError("bug") : undefined));
    await log.append([numbered(1), numbered(2)]);
    await until("the letters", async () => (await letters(log)).length === 2);
    isBroken = false;
    for (const letter of (await letters(log)).toReversed()) await ask(log, letter);
    await until(
      "both are answered",
      async () =>
        (await isSettled(log, store, ["order"])) && (await store.unitOfWork((unit) => unit.parked.counts())).length === 0,
      5_000,
    );
    assert.equal(seen(store).at(-1), 2);
    await running.close();
  });
});

describe("gaps (R5)", () => {
  const options = { gapDeadlineMs: 30 } as const;

  for (const action of ["redrive", "discard"] as const) {
    it(`a gap letter's ${action} does not lose what came meanwhile before it`, async () => {
      const { log, store, running } = await reading(options);
      await log.append([numbered(1), numbered(5), numbered(6)]);
      await until("the gap letter", async () => (await letters(log)).length === 1);
      await log.append([numbered(3)]);
      await until(
        "3 is parked",
        async () => (await store.unitOfWork((unit) => unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10))).length === 3,
      );
      await ask(log, (await letters(log))[0]!, action);
      const expected = action === "redrive" ? [1, 3, 5, 6] : [1, 3, 6];
      await until("all have run", () => seen(store).length === expected.length, 5_000);
      assert.deepEqual(seen(store), expected);
      await log.append([numbered(2), numbered(4), numbered(7)]);
      await until("the next one", () => seen(store).at(-1) === 7, 5_000);
      assert.deepEqual(seen(store), [...expected, 7]);
      await until("settled", () => isSettled(log, store, ["order"]));
      assert.equal((await letters(log)).length, 1);
      await running.close();
    });
  }

  it("a discarded conflict takes nothing from the subject it belongs to", async () => {
    const { log, store, running } = await reading({ ...options, gapDeadlineMs: 60_000 });
    await log.append([numbered(1), numbered(5), numbered(5, "o", "01900000-0000-7000-8000-0000000000c5")]);
    await until("the conflict", async () => (await letters(log)).length === 1);
    await ask(log, (await letters(log))[0]!, "discard");
    await until("it is discarded", async () =>
      (await receipts(log)).some((receipt) => receipt.kind === "event" && receipt.outcome === "discarded"),
    );
    await log.append([numbered(2), numbered(3), numbered(4), numbered(6)]);
    await until("all have run", () => seen(store).length === 6, 5_000);
    assert.deepEqual(seen(store), [1, 2, 3, 4, 5, 6]);
    await running.close();
  });

  it("an event that was published again under a new number makes no gap", async () => {
    const id = "01900000-0000-7000-8000-0000000000a1";
    const { log, store, running } = await reading(options);
    await log.append([numbered(1, "o", id), numbered(2, "o", id), numbered(3)]);
    await until("the third", () => seen(store).length === 2, 5_000);
    await log.append([numbered(6), numbered(5, "o", id), numbered(4)]);
    await until("out of order, too", () => seen(store).length === 4, 5_000);
    assert.deepEqual(seen(store), [1, 3, 4, 6]);
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.equal((await letters(log)).length, 0);
    await running.close();
  });
});

describe("gaps before events that are not handled (R5)", () => {
  it("make one letter, of the first event that is handled; what stands behind it waits", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    reader.on([OrderUpdated], "follow", async ({ sequence }, ctx) => note(ctx, sequence), { gapDeadlineMs: 20 });
    await using _running = await reader.start();
    const unhandled = eventRecord(OrderCreated, { order_id: "o", total: 3 }, 3);
    await log.append([numbered(1), unhandled, numbered(5), numbered(6), numbered(7)]);
    await until("the letter", async () => (await letters(log)).length > 0, 5_000);
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.deepEqual(
      (await letters(log)).map(({ sequence }) => sequence),
      [5],
    );
    await log.append([numbered(2), numbered(4)]);
    await until("all", () => seen(store).length === 6, 5_000);
    assert.deepEqual(seen(store), [1, 2, 4, 5, 6, 7]);
  });
});

describe("events without a number, in a subject with numbered ones (R5)", () => {
  it("do not wait behind a dead letter", async () => {
    let failures = 0;
    const { log, store, running } = await reading({ retryDelaysMs: [3, 3, 3] }, (n) =>
      n === 1 ? new PermanentError("never") : n === 0 && ++failures < 3 ? new Error("once") : undefined,
    );
    await log.append([numbered(1), numbered(2)]);
    await until("the letter", async () => (await letters(log)).length === 1);
    await log.append([eventRecord(OrderUpdated, { order_id: "o", total: 9 }, null)]);
    await until("it is applied", () => seen(store).length === 1, 5_000);
    assert.deepEqual(seen(store), [null]);
    await running.close();
  });
});
