import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import * as z from "zod";
import {
  type AdoptableRecord,
  adoptEvent,
  defineEvent,
  encodeEvent,
  type Event,
  type MemoryLog,
  type MemoryStore,
  PermanentError,
  systemSurroundings,
} from "../src/index.ts";
import type { NewRecord } from "../src/seams/index.ts";
import { type EventReceipt, readDeadLetter, redriveRecord, unpackDurations } from "../src/system-topics/index.ts";
import { forgetReports, InvoiceCreated, isSettled, memory, readAll, receipts, service, until } from "./harness.ts";
import { everything, progress, replay } from "./replay-harness.ts";

const stream = "orders-v1";
const data = z.object({ order_id: z.string(), state: z.string() });

interface LegacyBody {
  readonly kind?: string;
  readonly change?: string;
  readonly at?: number;
  readonly order_id?: string;
  readonly state?: string;
}
const bodyOf = ({ value }: AdoptableRecord): LegacyBody => JSON.parse(value?.toString() ?? "{}") as LegacyBody;

const LegacyOrder = adoptEvent("legacy.order-changed", {
  stream,
  version: 1,
  subject: "order_id",
  data,
  decode: (record) => {
    if (record.value?.[0] === 0) return null;
    const { kind, change, at, ...rest } = bodyOf(record);
    if (kind !== "order") return null;
    return { id: change as string, data: rest as z.infer<typeof data>, ...(at === undefined ? {} : { time: at }) };
  },
});
/** The same topic holds payments, in a form of their own: a zero byte, then id and amount. */
const LegacyPayment = adoptEvent("legacy.order-paid", {
  stream,
  version: 3,
  subject: "order_id",
  data: z.object({ order_id: z.string(), cents: z.int() }),
  decode: ({ value, key, headers }) => {
    if (value?.[0] !== 0) return null;
    const id = new Map(headers).get("payment-id")?.toString() ?? "";
    return { id, data: { order_id: key?.toString() ?? "", cents: value.readInt32BE(1) }, correlationId: "story" };
  },
});
const OurOrder = defineEvent("order.archived", { version: 1, stream, subject: "order_id", data });

const json = (body: unknown, key = "k"): NewRecord => ({
  topic: stream,
  key: Buffer.from(key),
  value: Buffer.from(JSON.stringify(body)),
  headers: [["source-system", Buffer.from("mainframe")]],
});
const order = (change: string, order_id = "o1", state = "open"): NewRecord => json({ kind: "order", change, order_id, state });

function payment(id: string, order_id: string, cents: number): NewRecord {
  const value = Buffer.alloc(5);
  value.writeInt32BE(cents, 1);
  return { topic: stream, key: Buffer.from(order_id), value, headers: [["payment-id", Buffer.from(id)]] };
}

async function withTopic(partitions = 1): Promise<{ log: MemoryLog; store: MemoryStore }> {
  const parts = memory(partitions);
  await parts.log.createTopics([{ name: stream }]);
  return parts;
}

async function deadLetters(log: MemoryLog, name = "billing") {
  return (await readAll(log, `${name}.dlt`)).map((record) => readDeadLetter(record)).filter((letter) => letter !== null);
}

async function redrive(
  log: MemoryLog,
  { letter, original }: Awaited<ReturnType<typeof deadLetters>>[number],
  editedValue: Uint8Array | null = null,
): Promise<EventReceipt> {
  const requestId = randomUUID();
  const { service: to, handler, failureId } = letter;
  const by = { requestId, by: "ann", reason: null, atMs: Date.now(), force: false };
  await log.append([redriveRecord({ ...by, action: "redrive", service: to, handler, failureId, original, editedValue })]);
  let answer: EventReceipt | undefined;
  await until("the redrive is answered", async () => {
    answer = (await receipts(log)).find(
      (receipt): receipt is EventReceipt => "requestId" in receipt && receipt.requestId === requestId,
    );
    return answer !== undefined;
  });
  return answer as EventReceipt;
}

const notes = (store: MemoryStore, key = "seen"): string[] => store.get<string[]>(key) ?? [];
type Tx = { get<T>(key: string): Promise<T | undefined>; put(key: string, value: unknown): Promise<void> };
const note = async (tx: Tx, text: string, key = "seen"): Promise<void> =>
  tx.put(key, [...((await tx.get<string[]>(key)) ?? []), text]);

describe("existing topics, adopted read-only", () => {
  it("a record is handled as its contract decodes it: once for each id, with its time, subject and story", async () => {
    const { log, store } = await withTopic();
    const events: Event[] = [];
    const billing = service("billing", log, store, { publishes: [InvoiceCreated] });
    billing.on(LegacyOrder, "mirror", async (event, ctx) => {
      await note(ctx.tx, `${event.id} ${event.data.state}`);
      await ctx.publish(InvoiceCreated, { order_id: event.data.order_id, total: 1 });
      events.push(event);
    });
    await using _running = await billing.start();
    await log.append([
      { ...order("c1"), timestampMs: 86_400_000 },
      order("c1"), // The same again: a mainframe that retries.
      json({ kind: "order", change: "c2", at: 1_000, order_id: "o1", state: "closed" }),
    ]);
    await until("all is handled", () => isSettled(log, store, [stream]));
    assert.deepEqual(notes(store), ["c1 open", "c2 closed"]);
    const [first, second] = events;
    assert.deepEqual(
      { ...first },
      {
        id: "c1",
        type: "legacy.order-changed",
        source: "adopted:orders-v1",
        subject: "o1",
        time: "1970-01-02T00:00:00.000Z",
        sequence: null,
        correlationId: "c1",
        causationId: null,
        tenantId: null,
        dataVersion: 1,
        data: { order_id: "o1", state: "open" },
      },
    );
    assert.equal(second?.time, "1970-01-01T00:00:01.000Z");
    await until("the invoices are published", async () => (await readAll(log, "invoice")).length === 2);
    const duplicate = (await receipts(log)).find((receipt) => receipt.kind === "event" && receipt.outcome === "duplicate");
    assert.equal(duplicate?.kind === "event" ? duplicate.event.id : null, "c1");
  });

  it("several contracts share a topic, and CloudEvents on it are CloudEvents; what nobody takes for an event is passed", async () => {
    const { log, store } = await withTopic();
    const billing = service("billing", log, store);
    billing.on([LegacyOrder, LegacyPayment, OurOrder], "all", async (event, ctx) => note(ctx.tx, `${event.type} ${event.id}`));
    billing.on(OurOrder, "ours", async ({ id }, ctx) => note(ctx.tx, id, "ours"));
    await using _running = await billing.start();
    const { key, value, headers } = encodeEvent({
      id: "e1",
      source: "orders",
      type: OurOrder.type,
      subject: "o1",
      timeMs: 0,
      dataVersion: 1,
      data: { order_id: "o1", state: "archived" },
      correlationId: "c",
    });
    await log.append([
      order("c1"),
      payment("p1", "o1", 1250),
      { topic: stream, key, value, headers },
      json({ kind: "heartbeat" }),
      { topic: stream, key: null, value: null, headers: [] },
      order("c2"),
    ]);
    await until("all is handled", () => isSettled(log, store, [stream]));
    assert.deepEqual(notes(store), [
      "legacy.order-changed c1",
      "legacy.order-paid p1",
      "order.archived e1",
      "legacy.order-changed c2",
    ]);
    assert.deepEqual(notes(store, "ours"), ["e1"]);
    assert.equal((await deadLetters(log)).length, 0);
  });

  it("what cannot be decoded, is no event, or breaks its schema is a dead letter at once, with its bytes", async () => {
    const { log, store } = await withTopic();
    const billing = service("billing", log, store);
    let runs = 0;
    billing.on([LegacyOrder, LegacyPayment], "mirror", () => void runs++);
    await using _running = await billing.start();
    const broken = Buffer.from('{"kind": "order", "change": "c1", \xff', "latin1");
    const records = [
      { ...order("c0"), value: broken },
      json({ kind: "order", order_id: "o1", state: "open" }),
      json({ kind: "order", change: 7, order_id: "o1", state: "open" }),
      order("\ud800"),
      json({ kind: "order", change: "c5", at: "noon", order_id: "o1", state: "open" }),
      json({ kind: "order", change: "c6", order_id: "o1" }),
    ];
    await log.append(records);
    await until("six letters", async () => (await deadLetters(log)).length === 6);
    const letters = await deadLetters(log);
    assert.deepEqual(
      letters.map(({ letter }) => [letter.reason, letter.error.code, letter.attempts.length]),
      [...Array.from({ length: 5 }, () => ["undecodable", "EVENT_UNDECODABLE", 0]), ["invalid", "EVENT_INVALID", 0]],
    );
    for (const [index, text] of [
      /decode of "legacy.order-changed" threw SyntaxError/,
      /has no id/,
      /has an id that is no text, but a number/,
      /has an id that is not well-formed/,
      /has a time that is no RFC 3339 text/,
      /\/state/,
    ].entries())
      assert.match(letters[index]?.letter.error.message ?? "", text);
    assert.deepEqual(Buffer.from(letters[0]?.original.value ?? []), broken);
    assert.deepEqual(
      letters[0]?.original.headers.map(([name]) => name),
      ["source-system"],
    );
    assert.deepEqual(letters[5]?.letter.adopted?.id, "c6");
    assert.equal(runs, 0);
  });

  it("is redriven with an edit of its whole value, which is decoded again and checked first", async () => {
    const { log, store } = await withTopic();
    const billing = service("billing", log, store);
    billing.on(LegacyOrder, "mirror", async ({ id, data: { state } }, ctx) => note(ctx.tx, `${id} ${state}`));
    await using _running = await billing.start();
    await log.append([{ ...order("c1"), value: Buffer.from("<order/>") }]);
    await until("the letter", async () => (await deadLetters(log)).length === 1);
    const letter = (await deadLetters(log))[0]!;
    const edit = (body: unknown): Buffer => Buffer.from(JSON.stringify(body));
    for (const [value, why] of [
      [Buffer.from("<order>"), /threw SyntaxError/],
      [edit({ kind: "heartbeat" }), /is no event to any contract/],
      [edit({ kind: "order", order_id: "o1", state: "open" }), /has no id/],
      [edit({ kind: "order", change: "c1", order_id: "o1", state: 4 }), /state/],
    ] as const) {
      const answer = await redrive(log, letter, value);
      assert.equal(answer.outcome, "refused");
      assert.match(answer.error?.message ?? "", why);
    }
    const good = edit({ kind: "order", change: "c1", order_id: "o1", state: "mended" });
    assert.equal((await redrive(log, letter, good)).outcome, "parked");
    await until("it ran", () => notes(store).length === 1);
    assert.deepEqual(notes(store), ["c1 mended"]);
    // The mainframe sends the order again, well-formed; and somebody redrives the same failure again, as it was and edited.
    await log.append([order("c1")]);
    assert.equal((await redrive(log, letter, good)).error?.code, "REDRIVE_HANDLED_ALREADY");
    assert.equal((await redrive(log, letter)).error?.code, "REDRIVE_HANDLED_ALREADY");
    await until("all is handled", () => isSettled(log, store, [stream]));
    assert.deepEqual(notes(store), ["c1 mended"]);
  });

  it("an event that came well-formed meanwhile is not handled again by the redrive of its broken twin", async () => {
    const { log, store } = await withTopic();
    const billing = service("billing", log, store);
    billing.on(LegacyOrder, "mirror", async ({ id }, ctx) => note(ctx.tx, id));
    await using _running = await billing.start();
    await log.append([{ ...order("c1"), value: Buffer.from("<order/>") }, order("c1")]);
    await until("the letter", async () => (await deadLetters(log)).length === 1);
    await until("the twin", () => notes(store).length === 1);
    await redrive(log, (await deadLetters(log))[0]!, order("c1").value);
    await until("nothing is parked", async () => (await store.unitOfWork((unit) => unit.parked.counts())).length === 0);
    assert.deepEqual(notes(store), ["c1"]);
  });

  it("is redriven as it came after its decoder was mended", async () => {
    const { log, store } = await withTopic();
    const start = (isMended: boolean) => {
      const contract = adoptEvent("legacy.order-changed", {
        stream,
        version: 1,
        subject: "order_id",
        data,
        decode: (record) => {
          if (!isMended) throw new Error("a bug");
          return LegacyOrder.decode(record) as { id: string; data: z.infer<typeof data> } | null;
        },
      });
      const billing = service("billing", log, store);
      billing.on(contract, "mirror", async ({ id, subject }, ctx) => note(ctx.tx, `${id} of ${subject}`));
      return billing.start();
    };
    {
      await using _running = await start(false);
      await log.append([order("c1")]);
      await until("the letter", async () => (await deadLetters(log)).length === 1);
    }
    await using _running = await start(true);
    await redrive(log, (await deadLetters(log))[0]!);
    await until("it ran", () => notes(store).length === 1);
    await log.append([order("c1")]);
    await until("all is handled", () => isSettled(log, store, [stream]));
    assert.deepEqual(notes(store), ["c1 of o1"]);
  });

  it("an edit cannot make another event of it", async () => {
    const { log, store } = await withTopic();
    const billing = service("billing", log, store);
    billing.on(LegacyOrder, "mirror", async ({ data: { state } }, ctx) => {
      if (state === "poison") throw new PermanentError("never");
      await note(ctx.tx, state);
    });
    await using _running = await billing.start();
    await log.append([order("c1", "o1", "poison")]);
    await until("the letter", async () => (await deadLetters(log)).length === 1);
    const letter = (await deadLetters(log))[0]!;
    assert.deepEqual([letter.letter.adopted?.type, letter.letter.adopted?.subject], ["legacy.order-changed", "o1"]);
    assert.match((await redrive(log, letter, order("c2").value)).error?.message ?? "", /leave the id as it is/);
    await redrive(log, letter, order("c1", "o1", "mended").value);
    await until("it ran", () => notes(store).length === 1);
    assert.deepEqual(notes(store), ["mended"]);
  });

  it("is retried out of parking as the raw record that it is, and each attempt and handler has data of its own", async () => {
    const { log, store } = await withTopic();
    const billing = service("billing", log, store);
    const seen: string[] = [];
    for (const name of ["one", "two"])
      billing.on(LegacyOrder, name, (event, ctx) => {
        seen.push(`${name} ${ctx.attempt} ${event.data.state}`);
        event.data.state = "spoilt";
        if (ctx.attempt < 3) throw new Error("not yet");
      });
    await using _running = await billing.start();
    await log.append([order("c1")]);
    await until("both have applied it", () => seen.filter((line) => line.includes(" 3 ")).length === 2);
    assert.deepEqual(
      seen.toSorted(),
      ["one", "two"].flatMap((name) => [1, 2, 3].map((attempt) => `${name} ${attempt} open`)),
    );
    await until("all is handled", () => isSettled(log, store, [stream]));
  });

  it("a call is made with its id as the idempotency key, and set-based handlers take it", async () => {
    const { log, store } = await withTopic();
    const billing = service("billing", log, store);
    const keys: string[] = [];
    billing.on(
      LegacyOrder,
      "tell",
      {
        call: async ({ data: { state } }, { idempotencyKey }) => void keys.push(`${idempotencyKey} ${state}`),
        commit: (_, { id }, ctx) => note(ctx.tx, id),
      },
      { replay: "run" },
    );
    billing.onBatch(LegacyOrder, "count", async (events, ctx) => {
      await note(ctx.tx, events.map(({ id }) => id).join("+"), "batches");
    });
    await using _running = await billing.start();
    await log.append([
      order("c1", "o1"),
      order("c2", "o2"),
      order("c1", "o1"),
      { ...order("c3"), value: Buffer.from("<order/>") },
    ]);
    await until("two letters", async () => (await deadLetters(log)).length === 2);
    const ofCall = (await deadLetters(log)).find(({ letter }) => letter.handler === "tell");
    await redrive(log, ofCall!, order("c3", "o3").value);
    await until("all calls are made", () => notes(store).length === 3);
    assert.deepEqual(keys.toSorted(), ["c1 open", "c2 open", "c3 open"]);
    assert.deepEqual(notes(store).toSorted(), ["c1", "c2", "c3"]);
    assert.deepEqual(notes(store, "batches").join("+").split("+").toSorted(), ["c1", "c2"]);
  });

  it("a contract that throws harms only its own handlers; one record that two contracts take is nobody's", async () => {
    const { log, store } = await withTopic();
    const Careless = adoptEvent("legacy.careless", {
      stream,
      version: 1,
      subject: "order_id",
      data,
      decode: (record) => {
        const body = bodyOf(record);
        return body.kind === "order" && body.state === "both" ? { id: "x", data: { order_id: "o", state: "s" } } : null;
      },
    });
    const billing = service("billing", log, store);
    billing.on([LegacyOrder, LegacyPayment], "careful", async ({ id }, ctx) => note(ctx.tx, id));
    billing.on(Careless, "careless", () => undefined);
    await using _running = await billing.start();
    await log.append([payment("p1", "o1", 5), order("c2", "o1", "both"), order("c3")]);
    await until("the letters", async () => (await deadLetters(log)).length === 2);
    await until("all is handled", () => isSettled(log, store, [stream]));
    assert.deepEqual(notes(store), ["p1", "c3"]);
    const letters = await deadLetters(log);
    assert.deepEqual(letters.map(({ letter }) => letter.handler).toSorted(), ["careful", "careless"]);
    assert.match(letters[0]?.letter.error.message ?? "", /is taken for "legacy.order-changed" and for "legacy.careless"/);
  });

  it("what decode throws is not quoted where the contract has personal fields, and a promise is no answer", async () => {
    const { log, store } = await withTopic();
    const Personal = adoptEvent("legacy.person", {
      stream,
      version: 1,
      subject: "order_id",
      data: z.object({ order_id: z.string(), email: z.string() }),
      personal: ["email"],
      decode: ({ value }) => {
        if (value === null) return Promise.reject(new Error("late")) as never;
        throw new Error(`bad: ${value.toString()}`);
      },
    });
    const billing = service("billing", log, store);
    billing.on(Personal, "mirror", () => undefined);
    await using _running = await billing.start();
    await log.append([json({ email: "ann@example.org" }), { ...json({}), value: null }]);
    await until("the letters", async () => (await deadLetters(log)).length === 2);
    const [first, second] = await deadLetters(log);
    assert.match(first?.letter.error.message ?? "", /threw Error$/);
    assert.ok(!JSON.stringify(first?.letter).includes("ann@"));
    assert.match(second?.letter.error.message ?? "", /is a promise; decode must answer at once/);
  });

  it("a rebuild and a rerun by type and subject read history anew", async () => {
    const { log, store } = await withTopic();
    const reader = service("reader", log, store);
    reader.on([LegacyOrder, LegacyPayment], "mirror", async ({ id }, ctx) => note(ctx.tx, id, `epoch ${ctx.epoch}`), {
      onReset: (tx) => tx.put("epoch 1", []),
    });
    await using _running = await reader.start();
    await log.append([order("c1"), payment("p1", "o1", 1), json({ kind: "heartbeat" }), order("c2", "o2"), order("c1")]);
    await until("all is handled", () => isSettled(log, store, [stream]));
    const rebuilt = await replay(log, "mirror", { kind: "rebuild" });
    await until("it is rebuilt", async () => (await progress(log, rebuilt))?.state === "done");
    assert.deepEqual(notes(store, "epoch 1"), []);
    assert.deepEqual(notes(store, "epoch 2"), ["c1", "p1", "c2"]);
    const range = { ...everything, types: ["legacy.order-changed"], subjects: ["o1"] };
    const rerun = await replay(log, "mirror", { kind: "rerun", range });
    await until("it has run again", async () => (await progress(log, rerun))?.state === "done");
    assert.deepEqual(notes(store, "epoch 3"), ["c1"]);
    await log.append([order("c1"), order("c3")]);
    await until("live goes on", () => notes(store, "epoch 2").length === 4);
    assert.deepEqual(notes(store, "epoch 2"), ["c1", "p1", "c2", "c3"]);
  });

  it("receipts tell what was applied, also after a crash that kept them from the log", async () => {
    const { log, store } = await withTopic();
    const start = async () => {
      const billing = service("billing", log, store);
      billing.on(LegacyOrder, "mirror", async ({ id }, ctx) => note(ctx.tx, id));
      return billing.start();
    };
    {
      await using _running = await start();
      await log.append([order("c1"), json({ kind: "heartbeat" }), order("c2")]);
      await until("all is handled", () => isSettled(log, store, [stream]));
    }
    await store.open({ service: "billing", surroundings: systemSurroundings });
    await forgetReports(store);
    const ranges = async () =>
      (await receipts(log)).filter((receipt) => receipt.kind === "range" && receipt.topic === stream && receipt.to === 3);
    const before = (await ranges()).length;
    await using _running = await start();
    await until("it is reported again", async () => (await ranges()).length > before);
    const last = (await ranges()).at(-1);
    assert.deepEqual(last?.kind === "range" ? unpackDurations(last.applied).map((micros) => micros !== null) : null, [
      true,
      false,
      true,
    ]);
    assert.deepEqual(notes(store), ["c1", "c2"]);
  });
});

describe("an adopted topic is somebody else's", () => {
  it("publishing to it is refused, everywhere, and its topic is never created", async () => {
    const { log, store } = memory(1);
    const problems: unknown[] = [];
    const billing = service("billing", log, store);
    billing.on(LegacyOrder, "mirror", async ({ data: order }, ctx) => {
      await ctx.publish(LegacyOrder, order).catch((error: { code: string }) => problems.push(error.code));
    });
    const refused = { code: "CONTRACT_READ_ONLY", message: /adopts the existing topic "orders-v1", which is only read/ };
    {
      await using running = await billing.start();
      await assert.rejects(billing.publish(LegacyOrder, { order_id: "o", state: "s" }, { tx: "none" }), refused);
      assert.ok(!(await log.topics()).some(({ name }) => name === stream));
      await log.createTopics([{ name: stream }]);
      await log.append([order("c1")]);
      await until("the handler tried", () => problems.length === 1);
      assert.deepEqual(problems, ["CONTRACT_READ_ONLY"]);
      await running.close();
    }
    await assert.rejects(service("other", log, memory().store, { publishes: [LegacyOrder] }).start(), {
      code: "SERVICE_CANNOT_START",
      message: /it is to publish "legacy.order-changed", whose contract adopts the existing topic "orders-v1"/,
    });
  });

  it("not even for an event of our own on it", async () => {
    const { log, store } = memory(1);
    const billing = service("billing", log, store, { publishes: [OurOrder] });
    billing.on(LegacyOrder, "mirror", () => undefined);
    await using _running = await billing.start();
    await billing.publish(OurOrder, { order_id: "o", state: "s" }, { tx: "none" });
    await until("its subject is stopped", async () => (await store.unitOfWork((unit) => unit.outbox.stopped())).length === 1);
    assert.ok(!(await log.topics()).some(({ name }) => name === stream));
  });

  for (const order of ["sequential", "latest"] as const)
    it(`the order ${order} is refused, for nobody numbers its events`, async () => {
      const { log, store } = memory(1);
      const billing = service("billing", log, store);
      billing.on([OurOrder, LegacyOrder], "mirror", () => undefined, { order });
      await assert.rejects(billing.start(), {
        code: "SERVICE_CANNOT_START",
        message: new RegExp(`order "${order}" needs events that are numbered, and "legacy.order-changed" is adopted`),
      });
    });

  it("two contracts of one type on one topic are refused", async () => {
    const { log, store } = memory(1);
    const twin = adoptEvent("legacy.order-changed", { stream, version: 1, subject: "order_id", data, decode: () => null });
    const billing = service("billing", log, store);
    billing.on(LegacyOrder, "one", () => undefined);
    billing.on(twin, "two", () => undefined);
    await assert.rejects(billing.start(), {
      message: /use two contracts that adopt "legacy.order-changed" from topic "orders-v1"/,
    });
  });
});
