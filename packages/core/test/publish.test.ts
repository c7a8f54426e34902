import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  createMemoryLog,
  createService,
  decodeEvent,
  isThroughlineError,
  type MemoryLog,
  runWithCorrelation,
} from "../src/index.ts";
import { isSettled, memory, OrderCompleted, OrderCreated, OrderUpdated, readAll, service, until } from "./harness.ts";

const order = { order_id: "o", total: 1 };
const events = async (log: MemoryLog, topic = "order") => (await readAll(log, topic)).map((record) => decodeEvent(record));

describe("publish (R1, R2)", () => {
  it("leaves if and only if the transaction commits", async () => {
    const { log, store } = memory(1);
    const orders = service("orders", log, store, { publishes: [OrderCreated] });
    await using _running = await orders.start();
    await assert.rejects(
      store.transaction(async (tx) => {
        await orders.publish(OrderCreated, order, { tx });
        throw new Error("the route failed");
      }),
      /the route failed/,
    );
    const id = await store.transaction((tx) => orders.publish(OrderCompleted, order, { tx }));
    await until("the event", async () => (await events(log)).length === 1);
    const [event] = await events(log);
    assert.equal(event?.id, id);
    assert.equal(event?.sequence, 1);
    assert.equal(event?.source, "orders");
    assert.equal(event?.subject, "o");
  });

  it("rejects with every problem as a JSON pointer, and writes nothing", async () => {
    const { log, store } = memory(1);
    const orders = service("orders", log, store, { publishes: [OrderCreated] });
    await using _running = await orders.start();
    const wrong = { order_id: 7, total: "1", extra: true } as never;
    const error = await orders.publish(OrderCreated, wrong, { tx: "none" }).catch((reason: unknown) => reason);
    assert.ok(isThroughlineError(error, "EVENT_INVALID"));
    const { problems } = error.details as { problems: { pointer: string; message: string }[] };
    assert.deepEqual(problems.map(({ pointer }) => pointer).toSorted(), ["/extra", "/order_id", "/total"]);
    const big = orders.publish(OrderCreated, { order_id: "x".repeat(2_000_000), total: 1 }, { tx: "none" });
    await assert.rejects(big, (reason) => isThroughlineError(reason, "LOG_RECORD_TOO_LARGE"));
    assert.equal((await store.unitOfWork((unit) => unit.outbox.backlog())).count, 0);
  });

  it("refuses what is no transaction, and says what to pass", async () => {
    const { log, store } = memory(1);
    const orders = service("orders", log, store);
    await using _running = await orders.start();
    for (const tx of [undefined, null, {}, store]) {
      await assert.rejects(orders.publish(OrderCreated, order, { tx: tx as never }), (error) =>
        isThroughlineError(error, "TX_REQUIRED"),
      );
    }
    let ended: unknown;
    await store.transaction(async (tx) => void (ended = tx));
    await assert.rejects(orders.publish(OrderCreated, order, { tx: ended as never }), (error) =>
      isThroughlineError(error, "TX_REQUIRED"),
    );
  });

  it("an id given by the caller and published again does nothing", async () => {
    const { log, store } = memory(1);
    const orders = service("orders", log, store);
    await using _running = await orders.start();
    for (let i = 0; i < 3; i++) await orders.publish(OrderCreated, order, { tx: "none", id: "import-7" });
    await orders.publish(OrderCreated, order, { tx: "none", id: "import-8" });
    await until("both", async () => (await events(log)).length === 2);
    assert.deepEqual(
      (await events(log)).map(({ id, sequence }) => [id, sequence]),
      [
        ["import-7", 1],
        ["import-8", 2],
      ],
    );
  });

  it("eight writers and four relays: each subject's events stand in commit order, numbered without gaps", async () => {
    const { log, store } = memory(3);
    const instances = Array.from({ length: 4 }, (_, i) => ({ store: store.connect(), log: log.connect(), i }));
    const services = instances.map((one) => service("orders", one.log, one.store, { instance: `i${one.i}` }));
    const running = await Promise.all(services.map((one) => one.start()));
    let committed = 0;
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        const one = instances[writer % 4]!;
        const orders = services[writer % 4]!;
        for (let n = 0; n < 25; n++) {
          await one.store.transaction(async (tx) => {
            const before = (await tx.lock<number>("ticket")) ?? 0;
            await tx.put("ticket", before + 1);
            await orders.publish(OrderUpdated, { order_id: `s${before % 5}`, total: before }, { tx });
          });
          committed++;
        }
      }),
    );
    await until("all are in the log", async () => new Set((await events(log)).map(({ id }) => id)).size === committed);
    for (let s = 0; s < 5; s++) {
      const seen = new Set<string>();
      const first = (await readAll(log, "order"))
        .map((record) => decodeEvent(record))
        .filter(({ subject, id }) => subject === `s${s}` && !seen.has(id) && seen.add(id));
      assert.deepEqual(
        first.map(({ sequence }) => sequence),
        Array.from({ length: first.length }, (_, i) => i + 1),
      );
      const totals = first.map((event) => (event.data() as { total: number }).total);
      assert.deepEqual(
        totals,
        totals.toSorted((a, b) => a - b),
        "commit order",
      );
    }
    await Promise.all(running.map((one) => one.close()));
  });

  it("a record that the log refuses for good stops only its subject, visibly; repaired, it goes on in order", async () => {
    const { log, store } = memory(2);
    const orders = service("orders", log, store);
    let isRefusing = true;
    log.refuse((record) =>
      isRefusing && record.topic === "order" && record.key !== null && Buffer.from(record.key).toString() === "bad"
        ? "forbidden"
        : undefined,
    );
    await using _running = await orders.start();
    for (let n = 0; n < 3; n++)
      for (const order_id of ["bad", "good"]) await orders.publish(OrderUpdated, { order_id, total: n }, { tx: "none" });
    await until("the good ones", async () => (await events(log)).length === 3);
    const stopped = await store.unitOfWork((unit) => unit.outbox.stopped());
    assert.equal(stopped.length, 1);
    assert.equal(stopped[0]?.row.subject, "bad");
    isRefusing = false;
    await store.unitOfWork((unit) => unit.outbox.repair(stopped[0]!.row.ticket, "retry"));
    await until("all six", async () => (await events(log)).length === 6);
    assert.deepEqual(
      (await events(log)).filter(({ subject }) => subject === "bad").map(({ sequence }) => sequence),
      [1, 2, 3],
    );
  });

  it("a log that is away costs nothing but time", async () => {
    const { log, store } = memory(1);
    const orders = service("orders", log, store);
    await using _running = await orders.start();
    log.unavailable(true);
    for (let n = 0; n < 5; n++) await orders.publish(OrderUpdated, { order_id: "o", total: n }, { tx: "none" });
    log.unavailable(false);
    await until("all five", async () => new Set((await events(log)).map(({ id }) => id)).size === 5);
  });

  it("system topics that are refused stop nothing (R14)", async () => {
    const { log, store } = memory(1);
    log.refuse((record) => (record.topic.startsWith("throughline.") ? "forbidden" : undefined));
    const orders = service("orders", log, store);
    let handled = 0;
    orders.on(OrderUpdated, "count", () => void handled++);
    await using _running = await orders.start();
    for (let n = 0; n < 10; n++) await orders.publish(OrderUpdated, { order_id: "o", total: n }, { tx: "none" });
    await until("all are handled", () => handled === 10);
    await until("nothing waits", async () => (await store.unitOfWork((unit) => unit.outbox.backlog())).count === 0);
  });

  it("without a store goes straight to the log, unnumbered", async () => {
    const log = createMemoryLog({ defaultPartitions: 1 });
    const clicks = createService({ name: "clicks", eventLog: log, publishes: [OrderCreated], log: { silent: true } });
    await assert.rejects(clicks.publish(OrderCreated, order), (error) => isThroughlineError(error, "SERVICE_NOT_STARTED"));
    await using _running = await clicks.start();
    await clicks.publish(OrderCreated, order);
    assert.deepEqual(
      (await events(log)).map(({ sequence, subject }) => [sequence, subject]),
      [[null, "o"]],
    );
  });

  it("the correlation id follows through publishes and handlers, with its causes", async () => {
    const { log, store } = memory(1);
    const orders = service("orders", log, store);
    orders.on(OrderCreated, "update", async (event, ctx) => void (await ctx.publish(OrderUpdated, event.data)));
    orders.on(OrderUpdated, "complete", async (event, ctx) => void (await ctx.publish(OrderCompleted, event.data)));
    await using _running = await orders.start();
    await runWithCorrelation({ correlationId: "checkout-42" }, () => orders.publish(OrderCreated, order, { tx: "none" }));
    await until("three events", async () => (await events(log)).length === 3);
    const [created, updated, completed] = await events(log);
    assert.deepEqual(
      [created, updated, completed].map((event) => event?.correlationId),
      ["checkout-42", "checkout-42", "checkout-42"],
    );
    assert.equal(updated?.causationId, created?.id);
    assert.equal(completed?.causationId, updated?.id);
    await until("settled", () => isSettled(log, store, ["order"]));
  });
});

describe("a service that cannot start says why at once (R12)", () => {
  it("names every problem in one error", async () => {
    const { log, store } = memory(1);
    const broken = createService({ name: "broken", eventLog: log, store, log: { silent: true } });
    broken.on(OrderCreated, "same", () => undefined, { from: "earliest" });
    broken.on(OrderUpdated, "same", () => undefined, { from: "earliest" });
    broken.on(OrderUpdated, "nowhere", () => undefined);
    broken.on(OrderUpdated, "too-slow", () => undefined, { from: "earliest", timeoutMs: 60_000 });
    broken.on(OrderUpdated, "mail", { call: async () => 1 }, { from: "earliest" });
    await assert.rejects(broken.start(), (error) => {
      assert.ok(isThroughlineError(error, "SERVICE_CANNOT_START"));
      for (const phrase of [
        'two handlers are named "same"',
        '"nowhere" has nowhere to start',
        "timeoutMs 60000",
        'replay: "run"',
      ])
        assert.ok(error.message.includes(phrase), phrase);
      return true;
    });
  });

  it("refuses limits that do not fit together", async () => {
    const { log, store } = memory(1);
    const tight = service("tight", log, store, { timings: { sessionTimeoutMs: 5_000, drainTimeoutMs: 30_000 } });
    await assert.rejects(tight.start(), (error) => {
      assert.ok(isThroughlineError(error, "SERVICE_CANNOT_START"));
      assert.match(error.message, /session ends after 5000 ms/);
      assert.match(error.message, /closing ends after 25000 ms/);
      return true;
    });
  });

  it("refuses a store of another service", async () => {
    const { log, store } = memory(1);
    await (await service("first", log, store.connect()).start()).close();
    await assert.rejects(service("second", log, store.connect()).start(), /belongs to the service "first"/);
  });

  it("a topic that does not exist yet is waited for", async () => {
    const { log, store } = memory(1);
    const reader = service("reader", log, store, { from: "latest" });
    let handled = 0;
    reader.on(OrderCreated, "count", () => void handled++);
    await using _reader = await reader.start();
    const orders = service("orders", log, memory(1).store);
    await using _orders = await orders.start();
    await orders.publish(OrderCreated, order, { tx: "none" });
    await until("it is handled", () => handled === 1);
  });
});
