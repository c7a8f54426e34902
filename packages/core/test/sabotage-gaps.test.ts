import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import * as z from "zod";
import { coreError, createMemoryLog, defineEvent, type MemoryLog, PermanentError, RetryLater } from "../src/index.ts";
import { logTimeOf } from "../src/handling/log-time.ts";
import type { ServiceScope } from "../src/handling/scope.ts";
import type { EventLog } from "../src/seams/index.ts";
import { commandRecord, type EventReceipt, readDeadLetter, redriveRecord } from "../src/system-topics/index.ts";
import { systemSurroundings } from "../src/surroundings/index.ts";
import { eventRecord, isSettled, memory, OrderUpdated, readAll, receipts, service, until } from "./harness.ts";

const numbered = (n: number, subject = "o", id?: string) =>
  eventRecord(OrderUpdated, { order_id: subject, total: n }, n, id === undefined ? {} : { id });

type FoundLetter = NonNullable<ReturnType<typeof readDeadLetter>>;

async function deadLetters(log: MemoryLog, name = "reader"): Promise<FoundLetter[]> {
  return (await readAll(log, `${name}.dlt`)).map((record) => readDeadLetter(record)).filter((letter) => letter !== null);
}

async function onlyLetter(log: MemoryLog): Promise<FoundLetter> {
  await until("the letter", async () => (await deadLetters(log)).length > 0);
  const [letter] = await deadLetters(log);
  assert.ok(letter);
  return letter;
}

async function redrive(log: MemoryLog, { letter, original }: FoundLetter): Promise<string> {
  const requestId = randomUUID();
  const { service: name, handler, failureId } = letter;
  const request = { requestId, service: name, handler, failureId, by: "ann", reason: null, atMs: Date.now(), original };
  await log.append([redriveRecord({ ...request, action: "redrive", editedValue: null, force: false })]);
  return requestId;
}

const answers = async (log: MemoryLog, requestId: string) =>
  (await receipts(log)).filter((found): found is EventReceipt => found.kind === "event" && found.requestId === requestId);

/** A log that forbids its clients to create system topics. */
function withoutSystemTopics(log: MemoryLog): EventLog {
  const createTopics: EventLog["createTopics"] = async (topics) => {
    if (topics.some(({ name }) => name.startsWith("throughline."))) throw coreError("LOG_UNAVAILABLE", { what: "forbidden" });
    await log.createTopics(topics);
  };
  return new Proxy(log, {
    get(target, name) {
      if (name === "createTopics") return createTopics;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Lets everything run that waits for nothing but its turn. */
async function aFewTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("effects happen once (R3)", () => {
  for (const order of ["sequential", "any"] as const) {
    it(`${order}: an event that stands in the log twice is handled once, though the first was long over`, async () => {
      const { log, store } = memory(1);
      await log.createTopics([{ name: "order" }]);
      const reader = service("reader", log, store);
      let runs = 0;
      reader.on(OrderUpdated, "follow", () => void runs++, { order });
      await using _running = await reader.start();
      const id = "01900000-0000-7000-8000-0000000000aa";
      for (let appends = 0; appends < 2; appends++) {
        await log.append([numbered(1, "o", id)]);
        await until("settled", () => isSettled(log, store, ["order"]));
      }
      assert.equal(runs, 1);
      assert.equal((await deadLetters(log)).length, 0);
    });
  }
});

describe("fast without surprises (R4)", () => {
  it("a transaction that lost against another one spends no attempt, however often", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    const attempts: number[] = [];
    reader.on(OrderUpdated, "follow", (_event, ctx) => {
      attempts.push(ctx.attempt);
      if (attempts.length <= 6) store.failNextCommit(coreError("TX_CONFLICT", { what: "a deadlock" }));
    });
    await using _running = await reader.start();
    await log.append([numbered(1)]);
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.deepEqual(attempts, [1, 1, 1, 1, 1, 1, 1]);
  });

  it("a call that is under way is made by no other instance", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const over = Promise.withResolvers<void>();
    const calls: string[] = [];
    const start = (instance: string) => {
      const mailer = service("mailer", log.connect(), store.connect(), { instance });
      const call = async ({ subject }: { subject: string | null }) => {
        calls.push(`${instance} ${subject}`);
        if (subject === "slow") await over.promise;
      };
      // Whoever makes the slow one is busy with it: the others are left to the other.
      mailer.on(OrderUpdated, "send", { call }, { replay: "run", concurrency: 1 });
      return mailer.start();
    };
    await using _one = await start("one");
    await log.append([numbered(1, "slow")]);
    await until("the call", () => calls.length === 1);
    await using _two = await start("two");
    let others = 0;
    await until("the other instance calls", async () => {
      await log.append([numbered(1, `s${others++}`)]);
      return calls.some((call) => call.startsWith("two"));
    });
    over.resolve();
    assert.deepEqual(
      calls.filter((call) => call.endsWith("slow")),
      ["one slow"],
    );
  });
});

describe("order (R5)", () => {
  it("log time is where the slowest partition has come; the clock counts where it stands at the end", async () => {
    const { log, store } = memory(2);
    await log.createTopics([{ name: "order" }]);
    await log.append([0, 1].map((partition) => ({ ...numbered(1, `s${partition}`), partition, timestampMs: 5_000 })));
    await store.open({ service: "reader", surroundings: systemSurroundings });
    const [topic] = await log.topics();
    const run = { handlerId: 1, epoch: 1 };
    const cursor = { ...run, topic: "order", topicId: topic!.id, originOffset: 0, untilOffset: null, reportedOffset: 0 };
    await store.unitOfWork((unit) =>
      unit.cursors.add([
        { ...cursor, partition: 0, offset: 1, logTimeMs: 5_000 },
        { ...cursor, partition: 1, offset: 0, logTimeMs: 4_000 },
      ]),
    );
    const scope = { log, store, surroundings: systemSurroundings } as unknown as ServiceScope<unknown>;
    assert.equal(await logTimeOf(scope, { ...run, stream: "order" }), 4_000);
    const before = Date.now();
    await store.unitOfWork((unit) => unit.cursors.move({ ...cursor, partition: 1 }, 0, 1, 5_000));
    assert.ok((await logTimeOf(scope, { ...run, stream: "order" })) >= before);
  });

  it("the window of a subject met in the middle begins with what came first, and the lowest number held is its baseline", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    await log.append([numbered(1)]);
    const reader = service("reader", log, store, { from: "latest" });
    const seen: (number | null)[] = [];
    reader.on(OrderUpdated, "follow", ({ sequence }) => void seen.push(sequence), { reorderWindowMs: 40 });
    await using _running = await reader.start();
    const startedAtMs = Date.now();
    const late = (n: number, i: number) =>
      eventRecord(OrderUpdated, { order_id: "o", total: n }, n, { timestampMs: startedAtMs + i });
    await log.append([5, 4, 6].map(late));
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.deepEqual(seen, [4, 5, 6]);
  });

  for (const order of ["sequential", "any"] as const) {
    it(`two instances that retry the same events spend each attempt once (${order})`, async () => {
      const { log, store } = memory(1);
      await log.createTopics([{ name: "order" }]);
      const runs = new Map<string | null, number>();
      const start = (instance: string) => {
        const reader = service("reader", log.connect(), store.connect(), { instance });
        reader.on(
          OrderUpdated,
          "follow",
          async ({ subject }, ctx) => {
            runs.set(subject, (runs.get(subject) ?? 0) + 1);
            await ctx.tx.get("anything");
            throw new Error("bug");
          },
          { order },
        );
        return reader.start();
      };
      await using _one = await start("one");
      await using _two = await start("two");
      const subjects = Array.from({ length: 10 }, (_, n) => `s${n}`);
      for (const subject of subjects) await log.append([numbered(1, subject)]);
      await until("all are letters", async () => (await deadLetters(log)).length >= subjects.length);
      // The first run stands out of its batch by a second one; then there are three retries.
      assert.equal((await deadLetters(log)).length, subjects.length);
      for (const { letter } of await deadLetters(log)) assert.equal(letter.attempts.length, 4);
      for (const subject of subjects) assert.ok((runs.get(subject) ?? 0) <= 5, `${subject} ran ${runs.get(subject)} times`);
    });
  }
});

describe("failure stays local (R6)", () => {
  it("after any number of RetryLater all attempts are left", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    let runs = 0;
    reader.on(OrderUpdated, "follow", () => {
      throw ++runs <= 3 ? new RetryLater(1) : new Error("bug");
    });
    await using _running = await reader.start();
    await log.append([numbered(1)]);
    await onlyLetter(log);
    assert.equal(runs, 3 + 4);
  });

  it("a dead letter holds bytes that no encoder of ours would write", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "follow", () => {
      throw new PermanentError("never");
    });
    await using _running = await reader.start();
    const value = Buffer.from('{ "total": 1.0, "order_id": "o", "exact": 9007199254740993 }\n');
    await log.append([{ ...numbered(1), value }]);
    const { letter, original } = await onlyLetter(log);
    assert.equal(letter.reason, "permanent");
    assert.deepEqual(Buffer.from(original.value ?? []), value);
  });
});

describe("redrive hits one consumer (R7)", () => {
  it("the stream, another handler and another service see nothing of it", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    let isBroken = true;
    const runs: string[] = [];
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "other", () => void runs.push("other"));
    reader.on(OrderUpdated, "follow", () => {
      if (isBroken) throw new PermanentError("bug");
      runs.push("follow");
    });
    const bystander = service("bystander", log.connect(), memory(1).store);
    bystander.on(OrderUpdated, "follow", () => void runs.push("bystander"));
    await using _reader = await reader.start();
    await using _bystander = await bystander.start();
    await log.append([numbered(1)]);
    const found = await onlyLetter(log);
    await until("the others are done", () => runs.length === 2);
    isBroken = false;
    const inStream = (await readAll(log, "order")).length;
    await redrive(log, found);
    await until("something runs", async () => runs.length > 2 || (await readAll(log, "order")).length > inStream);
    await aFewTurns();
    assert.deepEqual(runs.slice(2), ["follow"]);
    assert.equal((await readAll(log, "order")).length, inStream);
  });

  it("an event that the store never met goes to the handler that is named, and to no other", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    await log.append([numbered(1)]);
    const [original] = await readAll(log, "order");
    const runs: string[] = [];
    const reader = service("reader", log, store, { from: "latest" });
    for (const name of ["first", "second"]) reader.on(OrderUpdated, name, () => void runs.push(name), { order: "any" });
    await using _running = await reader.start();
    const letter = { service: "reader", handler: "second", failureId: randomUUID() } as FoundLetter["letter"];
    await redrive(log, { letter, original: original! });
    await until("it runs", () => runs.length > 0);
    assert.deepEqual(runs, ["second"]);
  });

  it("a failure that is being handled again is not taken back to its first attempt", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    let runs = 0;
    const reader = service("reader", log, store, { retryDelaysMs: [60_000] });
    reader.on(OrderUpdated, "follow", () => {
      throw ++runs === 1 ? new PermanentError("at first") : new Error("later");
    });
    await using _running = await reader.start();
    await log.append([numbered(1)]);
    const found = await onlyLetter(log);
    await redrive(log, found);
    await until("it waits for its retry", async () =>
      (await receipts(log)).some((receipt) => receipt.kind === "event" && receipt.outcome === "retried"),
    );
    const again = await redrive(log, found);
    await until("the answer", async () => (await answers(log, again)).length > 0);
    assert.equal((await answers(log, again))[0]?.outcome, "refused");
    assert.equal(runs, 2);
  });
});

describe("replay is safe (R8)", () => {
  it("a rebuild makes no call again, and calls for what comes after it", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const calls: (string | null)[] = [];
    const mailer = service("mailer", log, store);
    const call = async ({ subject }: { subject: string | null }) => void calls.push(subject);
    mailer.on(OrderUpdated, "send", { call }, { replay: "skip", onReset: () => undefined });
    await using _running = await mailer.start();
    const settled = () => isSettled(log, store, ["order"]);
    await log.append([numbered(1, "before")]);
    await until("live is done", settled);
    const about = { commandId: randomUUID(), service: "mailer", handler: "send", by: "ann", reason: null, atMs: Date.now() };
    const range = { fromMs: null, toMs: null, types: null, subjects: null };
    await log.append([
      commandRecord({ ...about, command: "replay", kind: "rebuild", range, ratePerSecond: null, publish: false }),
    ]);
    const handler = async () => (await store.unitOfWork((unit) => unit.handlers.all())).find(({ name }) => name === "send");
    await until("the rebuild begins", async () => (await handler())?.liveEpoch === 2);
    await until("history is done", settled);
    await log.append([numbered(1, "after")]);
    await until("it is called", () => calls.includes("after"));
    assert.deepEqual(calls, ["before", "after"]);
  });
});

describe("clean stop (R11)", () => {
  it("leaves the group when what runs is committed, and not before", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const over = Promise.withResolvers<void>();
    let isRunning = false;
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "follow", async (_event, ctx) => {
      isRunning = true;
      await over.promise;
      await ctx.tx.put("done", true);
    });
    const running = await reader.start();
    await log.append([numbered(1)]);
    await until("it runs", () => isRunning);
    const closed = running.close();
    await aFewTurns();
    const members = (await log.groups()).flatMap((group) => group.members);
    assert.equal(members.length, 1, "it has not left");
    over.resolve();
    await closed;
    assert.equal(store.get("done"), true);
    assert.deepEqual(
      (await log.committedOffsets("reader")).filter(({ topic }) => topic === "order").map(({ offset }) => offset),
      [1],
    );
  });
});

describe("nothing of ours can cascade (R14)", () => {
  it("a log that forbids our system topics costs receipts, and no event", async () => {
    const log = createMemoryLog({ defaultPartitions: 1 });
    const { store } = memory(1);
    const orders = service("orders", withoutSystemTopics(log), store, { publishes: [OrderUpdated] });
    let handled = 0;
    orders.on(OrderUpdated, "count", ({ subject }) => {
      // A dead letter's receipt is a row of the outbox, beside the events.
      if (subject === "bad") throw new PermanentError("bug");
      handled++;
    });
    await using _running = await orders.start();
    for (const order_id of ["bad", "b", "c"]) await orders.publish(OrderUpdated, { order_id, total: 1 }, { tx: "none" });
    await until("the letter", async () => (await deadLetters(log, "orders")).length === 1, 5_000);
    await orders.publish(OrderUpdated, { order_id: "d", total: 1 }, { tx: "none" });
    await until("all others are handled", () => handled === 3, 5_000);
    const stopped = () => store.unitOfWork((unit) => unit.outbox.stopped());
    const waiting = async () => (await store.unitOfWork((unit) => unit.outbox.backlog())).count;
    await until("nothing is on its way", async () => (await waiting()) === (await stopped()).length, 5_000);
    assert.deepEqual(await stopped(), []);
  });
});

describe("private fields stay private (R15)", () => {
  it("what a handler throws is told without them, in the letter, the receipts and the log", async () => {
    const Invited = defineEvent("guest.invited", {
      version: 1,
      subject: "guest_id",
      personal: ["email"],
      data: z.object({ guest_id: z.string(), email: z.string() }),
    });
    const { log, store } = memory(1);
    const lines: string[] = [];
    const reader = service("reader", log, store, {
      publishes: [Invited],
      log: { destination: { write: (line: string) => void lines.push(line) } },
    });
    reader.on(Invited, "follow", ({ data }, ctx) => {
      ctx.log.warn(`no answer from ${data.email}`);
      throw new PermanentError(`no mailbox ${data.email}`);
    });
    await using _running = await reader.start();
    await reader.publish(Invited, { guest_id: "g", email: "ada@example.org" }, { tx: "none" });
    const { letter } = await onlyLetter(log);
    await until("the receipt", async () =>
      (await receipts(log)).some((receipt) => receipt.kind === "event" && receipt.outcome === "dead"),
    );
    const told = JSON.stringify([letter, await receipts(log), lines]);
    assert.match(letter.error.message, /no mailbox/);
    assert.match(told, /no answer from/);
    assert.doesNotMatch(told, /ada@example/);
  });
});
