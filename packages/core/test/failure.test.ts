import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { isThroughlineError, type MemoryLog, type MemoryStore, PermanentError, RetryLater } from "../src/index.ts";
import { type AuditEntry, type EventReceipt, readDeadLetter, redriveRecord } from "../src/system-topics/index.ts";
import {
  eventRecord,
  isSettled,
  memory,
  OrderCompleted,
  OrderCreated,
  OrderUpdated,
  readAll,
  receipts,
  service,
  until,
} from "./harness.ts";

const numbered = (n: number, subject = "o") => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);

async function deadLetters(log: MemoryLog, name = "reader") {
  return (await readAll(log, `${name}.dlt`)).map((record) => readDeadLetter(record)).filter((letter) => letter !== null);
}

async function redrive(
  log: MemoryLog,
  at: Awaited<ReturnType<typeof deadLetters>>[number],
  more: { action?: "redrive" | "discard"; editedValue?: Uint8Array } = {},
): Promise<string> {
  const requestId = randomUUID();
  const { letter, original } = at;
  await log.append([
    redriveRecord({
      requestId,
      action: more.action ?? "redrive",
      service: letter.service,
      handler: letter.handler,
      failureId: letter.failureId,
      by: "ann",
      reason: null,
      atMs: Date.now(),
      original,
      editedValue: more.editedValue ?? null,
      force: false,
    }),
  ]);
  return requestId;
}

async function answer(log: MemoryLog, requestId: string): Promise<EventReceipt | undefined> {
  return (await receipts(log)).find(
    (receipt): receipt is EventReceipt => receipt.kind === "event" && receipt.requestId === requestId,
  );
}

const seen = (store: MemoryStore) => store.get<number[]>("seen") ?? [];
const notes = async (
  ctx: { tx: { get<T>(key: string): Promise<T | undefined>; put(key: string, value: unknown): Promise<void> } },
  n: number | null,
) => ctx.tx.put("seen", [...((await ctx.tx.get<number[]>("seen")) ?? []), n]);

describe("failure stays local (R6), redrive hits one consumer (R7)", () => {
  it("later events of a dead event's subject wait; redriven after the fix, all run once, in order", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    let isBroken = true;
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "follow", async ({ sequence, subject }, ctx) => {
      if (subject !== "o") return;
      if (isBroken && sequence === 2) throw new Error("bug");
      await notes(ctx, sequence);
    });
    await using _running = await reader.start();
    await log.append([numbered(1), numbered(2), numbered(3), numbered(1, "other")]);
    await until("the letter", async () => (await deadLetters(log)).length === 1);
    await log.append([numbered(4)]);
    const [letter] = await deadLetters(log);
    assert.equal(letter?.letter.attempts.length, 4);
    assert.equal(letter?.letter.holdsSubject, true);
    assert.deepEqual(seen(store), [1]);
    isBroken = false;
    await redrive(log, letter);
    await until("all have run", () => seen(store).length === 4);
    assert.deepEqual(seen(store), [1, 2, 3, 4]);
    await until("the receipt of the redriven event", async () =>
      (await receipts(log)).some(
        (receipt) => receipt.kind === "event" && receipt.outcome === "applied" && receipt.failureId === letter?.letter.failureId,
      ),
    );
    const again = await redrive(log, letter);
    await until("the refusal", async () => (await answer(log, again))?.outcome === "refused");
    assert.equal(seen(store).length, 4);
  });

  it("the dead letter holds the untouched bytes, and where they came from", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store, { version: "1.4.2" });
    reader.on(OrderUpdated, "follow", () => {
      throw new PermanentError("never");
    });
    await using _running = await reader.start();
    const original = numbered(1);
    await log.append([{ ...original, headers: [...original.headers, ["x-twice", Buffer.from([0, 255])], ["x-twice", null]] }]);
    await until("the letter", async () => (await deadLetters(log)).length === 1);
    const [found] = await deadLetters(log);
    assert.equal(found?.letter.reason, "permanent");
    assert.equal(found?.letter.attempts.length, 1);
    assert.equal(found?.letter.serviceVersion, "1.4.2");
    assert.deepEqual(Buffer.from(found?.original.value ?? []), Buffer.from(original.value ?? []));
    assert.deepEqual(
      found?.original.headers.slice(-2).map(([name, value]) => [name, value && [...value]]),
      [
        ["x-twice", [0, 255]],
        ["x-twice", null],
      ],
    );
    assert.equal(found?.original.topic, "order");
  });

  it("a discarded event counts as handled, and its followers go on", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "follow", async ({ sequence }, ctx) => {
      if (sequence === 1) throw new PermanentError("poison");
      await notes(ctx, sequence);
    });
    await using _running = await reader.start();
    await log.append([numbered(1), numbered(2), numbered(3)]);
    await until("the letter", async () => (await deadLetters(log)).length === 1);
    await redrive(log, (await deadLetters(log))[0]!, { action: "discard" });
    await until("the followers have run", () => seen(store).length === 2);
    assert.deepEqual(seen(store), [2, 3]);
  });

  it("what became of a dead letter stands in the audit, with who asked for it: receipts expire", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const failsAgain = new Map([["o", 1]]);
    let isBroken = true;
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "follow", async ({ subject }) => {
      if (isBroken) throw new PermanentError("bug");
      const left = failsAgain.get(subject ?? "") ?? 0;
      failsAgain.set(subject ?? "", left - 1);
      if (left > 0) throw new Error("not yet");
    });
    await using _running = await reader.start();
    await log.append([numbered(1), numbered(1, "p")]);
    await until("the letters", async () => (await deadLetters(log)).length === 2);
    const [o, p] = await deadLetters(log);
    isBroken = false;
    await redrive(log, o!);
    const discarded = await redrive(log, p!, { action: "discard" });
    const told = async () =>
      (await readAll(log, "throughline.audit"))
        .map(({ value }) => JSON.parse(Buffer.from(value!).toString()) as AuditEntry)
        .map(({ action, outcome, answer: by, failureId, by: who, id }) => ({ action, outcome, by, failureId, who, id }));
    await until("both are answered", async () => (await told()).length === 2);
    const twice = await redrive(log, p!, { editedValue: Buffer.from("{}") });
    await until("the refusal", async () => (await told()).length === 3);
    const [oId, pId] = [o!.letter.failureId, p!.letter.failureId];
    assert.deepEqual(
      (await told()).toSorted((a, b) => `${a.action}${a.id}`.localeCompare(`${b.action}${b.id}`)),
      [
        { action: "discard", outcome: "done", by: "discarded", failureId: pId, who: "ann", id: discarded },
        { action: "edit", outcome: "refused", by: "refused", failureId: pId, who: "ann", id: twice },
        // It failed once more before it was applied; nobody asked for it then.
        { action: "redrive", outcome: "done", by: "applied", failureId: oId, who: "reader", id: oId },
      ],
    );
  });

  it("an edited payload is checked against the schema, and handled in place of the original", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "follow", async ({ data }, ctx) => {
      if (data.total < 0) throw new PermanentError("negative");
      await notes(ctx, data.total);
    });
    await using _running = await reader.start();
    await log.append([eventRecord(OrderUpdated, { order_id: "o", total: -1 }, 1)]);
    await until("the letter", async () => (await deadLetters(log)).length === 1);
    const [letter] = await deadLetters(log);
    const bad = await redrive(log, letter!, { editedValue: Buffer.from('{"order_id":"o","total":"x"}') });
    await until("the refusal", async () => (await answer(log, bad))?.outcome === "refused");
    await redrive(log, letter!, { editedValue: Buffer.from('{"order_id":"o","total":7}') });
    await until("it ran", () => seen(store).length === 1);
    assert.deepEqual(seen(store), [7]);
  });

  it("a redrive of a failure that this store does not know is an ordinary delivery", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store, { from: "latest" });
    reader.on(OrderUpdated, "follow", async ({ sequence }, ctx) => notes(ctx, sequence), { order: "any" });
    await log.append([numbered(1)]);
    const [original] = await readAll(log, "order");
    await using _running = await reader.start();
    const failureId = randomUUID();
    const origin = { topic: "order", topicId: original!.topicId, partition: 0, offset: 0, timestampMs: original!.timestampMs };
    const letter = {
      failureId,
      service: "reader",
      serviceVersion: "0",
      handler: "follow",
      epoch: 1,
      reason: "failed",
      error: { name: "E", code: null, message: "", stack: null },
      attempts: [],
      failedAtMs: 0,
      holdsSubject: false,
      origin,
    } as const;
    await redrive(log, { letter, original: original! });
    await until("it ran", () => seen(store).length === 1);
    await redrive(log, { letter, original: original! });
    await until("the second is refused", async () =>
      (await receipts(log)).some((receipt) => receipt.kind === "event" && receipt.outcome === "refused"),
    );
    assert.deepEqual(seen(store), [1]);
  });

  it("bytes that cannot be decoded and data that breaks its schema are dead letters at once; the rest goes on", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "follow", async ({ sequence }, ctx) => notes(ctx, sequence));
    await using _running = await reader.start();
    const broken = numbered(1, "b");
    await log.append([
      { topic: "order", key: Buffer.from("x"), value: Buffer.from([0xff, 0xfe]), headers: [] },
      { ...broken, value: Buffer.from("{not json") },
      { ...numbered(1, "c"), value: Buffer.from('{"order_id":"c"}') },
      numbered(1),
    ]);
    await until("three letters", async () => (await deadLetters(log)).length === 3);
    assert.deepEqual(
      (await deadLetters(log)).map(({ letter }) => letter.reason),
      ["undecodable", "undecodable", "invalid"],
    );
    await until("the good one", () => seen(store).length === 1);
  });

  it("an event that fails alone in its transaction runs once an attempt", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    const attempts: number[] = [];
    reader.on(OrderUpdated, "follow", (_event, ctx) => {
      attempts.push(ctx.attempt);
      throw new Error("bug");
    });
    await using _running = await reader.start();
    await log.append([numbered(1)]);
    await until("the letter", async () => (await deadLetters(log)).length === 1);
    assert.deepEqual(attempts, [1, 2, 3, 4]);
  });

  it("RetryLater spends no attempt", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    let runs = 0;
    reader.on(OrderUpdated, "follow", async ({ sequence }, ctx) => {
      if (++runs < 8) throw new RetryLater(1);
      await notes(ctx, sequence);
    });
    await using _running = await reader.start();
    await log.append([numbered(1)]);
    await until("it ran", () => seen(store).length === 1);
    assert.equal(runs, 8);
    assert.equal((await deadLetters(log)).length, 0);
  });

  it("a handler that never settles is an attempt that failed; other subjects go on", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    const aborted: unknown[] = [];
    reader.on(
      OrderUpdated,
      "follow",
      async ({ sequence, subject }, ctx) => {
        if (subject === "hangs") {
          ctx.signal.addEventListener("abort", () => aborted.push(ctx.signal.reason));
          await new Promise(() => undefined);
        }
        await notes(ctx, sequence);
      },
      { timeoutMs: 20, retryDelaysMs: [1] },
    );
    await using _running = await reader.start();
    await log.append([numbered(1, "hangs"), numbered(1), numbered(2)]);
    await until("the letter", async () => (await deadLetters(log)).length === 1);
    assert.deepEqual(seen(store), [1, 2]);
    assert.ok(aborted.every((reason) => isThroughlineError(reason, "HANDLER_TIMEOUT")));
  });

  it("a handler whose retries hang does not hold up the retries of another", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    let isHanging = false;
    let began = 0;
    const runs: string[] = [];
    const reader = service("reader", log, store, { retryDelaysMs: [5, 5, 5] });
    reader.on(
      OrderUpdated,
      "hangs",
      async (_, ctx) => {
        if (!isHanging) throw new Error("first");
        began++;
        await new Promise((_resolve, reject) => ctx.signal.addEventListener("abort", () => reject(new Error("ended"))));
      },
      { timeoutMs: 4_000, retryDelaysMs: Array.from({ length: 40 }, () => 50) },
    );
    reader.on(OrderUpdated, "other", ({ subject }) => {
      runs.push(subject ?? "");
      if (runs.filter((run) => run === subject).length < 3) throw new Error("twice");
    });
    const running = await reader.start();
    await log.append([numbered(1, "a")]);
    await until("its first attempt", async () => (await store.unitOfWork((unit) => unit.parked.counts())).length > 0);
    isHanging = true;
    await until("its retry hangs", () => began === 1);
    await log.append([numbered(1, "b"), numbered(1, "c")]);
    const from = Date.now();
    await until("the other's retries", () => runs.filter((run) => run === "b" || run === "c").length === 6, 3_000);
    assert.ok(Date.now() - from < 3_000);
    await running.close();
  });

  it("an event of a newer contract version waits for a newer deploy", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    reader.on([OrderCreated, OrderCompleted], "follow", async ({ sequence }, ctx) => notes(ctx, sequence));
    await using _running = await reader.start();
    await log.append([
      eventRecord(OrderCreated, { order_id: "o", total: 1 }, 1, { version: 2 }),
      eventRecord(OrderCompleted, { order_id: "o", total: 1 }, 2),
      eventRecord(OrderCreated, { order_id: "p", total: 1 }, 1),
    ]);
    await until("the other subject", () => seen(store).length === 1);
    await until("it is parked", async () =>
      (await store.unitOfWork((unit) => unit.parked.counts())).some(({ reason }) => reason === "version"),
    );
    assert.equal((await deadLetters(log)).length, 0);
  });

  it("a store that is away spends no attempt: the partition waits, and nothing is lost", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "follow", async ({ sequence }, ctx) => notes(ctx, sequence));
    await using _running = await reader.start();
    await log.append([numbered(1)]);
    await until("the first", () => seen(store).length === 1);
    store.unavailable(true);
    await log.append([numbered(2), numbered(3)]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    store.unavailable(false);
    await until("the others", () => seen(store).length === 3);
    assert.deepEqual(seen(store), [1, 2, 3]);
    assert.equal((await deadLetters(log)).length, 0);
  });

  for (const how of ["unknown-committed", "unknown-rolled-back"] as const) {
    it(`a COMMIT of unknown outcome (${how}) is settled by the cursor: one effect`, async () => {
      const { log, store } = memory(1);
      await log.createTopics([{ name: "order" }]);
      const reader = service("reader", log, store);
      reader.on(OrderUpdated, "follow", async ({ sequence }, ctx) => notes(ctx, sequence));
      await using _running = await reader.start();
      await log.append([numbered(1)]);
      await until("settled", () => isSettled(log, store, ["order"]));
      store.failNextCommit(how);
      await log.append([numbered(2)]);
      await until("the second", () => seen(store).length === 2);
      await log.append([numbered(3)]);
      await until("the third", () => seen(store).length === 3);
      assert.deepEqual(seen(store), [1, 2, 3]);
    });
  }

  it("an error at COMMIT that one event causes makes only that event a failure", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    reader.on(
      OrderUpdated,
      "follow",
      async ({ sequence, subject }, ctx) => {
        if (subject === "bad") store.failNextCommit(new Error("deferred constraint"));
        await notes(ctx, sequence);
      },
      { retryDelaysMs: [] },
    );
    await using _running = await reader.start();
    await log.append([numbered(1), numbered(2), numbered(1, "bad"), numbered(3), numbered(4)]);
    await until("the letter", async () => (await deadLetters(log)).length === 1);
    await until("the others", () => seen(store).length === 4);
    assert.deepEqual(seen(store), [1, 2, 3, 4]);
  });
});
