import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMemoryLog, createMemoryStore, isThroughlineError } from "../src/index.ts";
import type { EventLog } from "../src/seams/index.ts";
import { eventRecord, InvoiceCreated, isSettled, memory, OrderUpdated, readAll, service, until } from "./harness.ts";

const numbered = (n: number, subject = "o") => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);

async function memberOf(log: EventLog, instance: string): Promise<string> {
  const members = (await log.groups()).flatMap((group) => group.members);
  const found = members.find(({ instanceId }) => instanceId === instance);
  assert.ok(found, `member ${instance}`);
  return found.id;
}

describe("partitions come and go (R3, R11)", () => {
  it("a partition that was lost in the middle of a transaction and came back to the same instance goes on", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    const reader = service("reader", log, store, { instance: "one" });
    reader.on(OrderUpdated, "follow", async ({ sequence }, ctx) => {
      if (++runs === 1) await gate.promise;
      await ctx.tx.insert(`event:${sequence}`, true);
    });
    await using _running = await reader.start();
    await log.append([numbered(1)]);
    await until("the first is running", () => runs === 1);
    log.expireMember(await memberOf(log, "one"));
    // The member has joined again and holds the partition while the old transaction still runs.
    await until("it is assigned again", async () =>
      (await log.groups()).some((group) =>
        group.members.some(({ partitions }) => partitions.some(({ topic }) => topic === "order")),
      ),
    );
    await new Promise((resolve) => setImmediate(resolve));
    gate.resolve();
    await until("the first is committed", () => store.entries("event:").length === 1);
    await log.append([numbered(2)]);
    await until("the second", () => store.entries("event:").length === 2);
  });

  it("a partition that is assigned while the store is away is read when the store is back", async () => {
    const { log, store } = memory(2);
    await log.createTopics([{ name: "order" }]);
    const start = async (instance: string) => {
      const own = store.connect();
      const reader = service("reader", log.connect(), own, { instance });
      reader.on(OrderUpdated, "follow", async ({ id }, ctx) => ctx.tx.insert(`event:${id}`, instance));
      return { own, running: await reader.start() };
    };
    const one = await start("one");
    const two = await start("two");
    await until("both hold something", async () =>
      (await log.groups()).some(
        ({ members }) => members.length === 2 && members.every(({ partitions }) => partitions.length > 0),
      ),
    );
    one.own.unavailable(true);
    await two.running.close();
    one.own.unavailable(false);
    for (let n = 0; n < 20; n++) await log.append([numbered(1, `s${n}`)]);
    await until("all are handled", () => store.entries("event:").length === 20);
    await one.running.close();
  });

  it("a recreated topic stops its handler, and nothing else: the service is refreshed, and closes", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }, { name: "invoice" }]);
    let reads = 0;
    const counted = new Proxy<EventLog>(log, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (name === "offsets") reads++;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const reader = service("reader", counted, store);
    reader.on(OrderUpdated, "follow", async () => undefined);
    let invoices = 0;
    reader.on(InvoiceCreated, "count", () => void invoices++);
    const running = await reader.start();
    await log.append([numbered(1)]);
    await until("settled", () => isSettled(log, store, ["order"]));
    log.deleteTopic("order");
    await log.createTopics([{ name: "order" }]);
    await until("it is stopped, and says so", async () =>
      (await running.health()).problems.some((problem) => /deleted and created again/.test(problem)),
    );
    reads = 0;
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    assert.ok(reads < 200, `it asked the log ${reads} times`);
    await log.append([eventRecord(InvoiceCreated, { order_id: "o", total: 1 }, 1)]);
    await until("the other handler works", () => invoices === 1);
    const closed = await Promise.race([
      running.close().then(() => "closed"),
      new Promise((resolve) => setTimeout(() => resolve("hangs"), 3_000)),
    ]);
    assert.equal(closed, "closed");
  });

  it("a store that went back in time is read again from its cursor: nothing between is skipped", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "follow", async ({ sequence }, ctx) =>
      ctx.tx.insert(`event:${String(sequence).padStart(2, "0")}`, true),
    );
    await using _running = await reader.start();
    await log.append([numbered(1), numbered(2)]);
    await until("two", async () => store.entries("event:").length === 2 && (await isSettled(log, store, ["order"])));
    const backup = store.snapshot();
    await log.append([numbered(3), numbered(4)]);
    await until("four", async () => store.entries("event:").length === 4 && (await isSettled(log, store, ["order"])));
    store.restore(backup);
    await log.append([numbered(5), numbered(6)]);
    await until("all six", () => store.entries("event:").length === 6);
    assert.equal((await readAll(log, "reader.dlt")).length, 0);
  });

  for (const how of ["while it keeps up", "while it is behind"] as const) {
    it(`records that retention removed before the handler read them stop it, ${how}: nothing is skipped silently`, async () => {
      const log = createMemoryLog({ defaultPartitions: 1 });
      const store = createMemoryStore();
      await log.createTopics([{ name: "order" }]);
      const gate = Promise.withResolvers<void>();
      const seen: number[] = [];
      const reader = service("reader", log, store, { settings: { maxBatchRecords: 1 } });
      reader.on(
        OrderUpdated,
        "follow",
        async ({ sequence }) => {
          if (sequence === 2) await gate.promise;
          seen.push(sequence ?? 0);
        },
        { order: "any" },
      );
      if (how === "while it is behind") {
        const first = service("reader", log.connect(), store.connect());
        first.on(OrderUpdated, "other", () => undefined);
        const earlier = await first.start();
        await log.append([1, 2, 3, 4, 5, 6].map((n) => numbered(n)));
        await until("settled", () => isSettled(log, store, ["order"]));
        await earlier.close();
      }
      await using running = await reader.start();
      if (how === "while it keeps up") await log.append([1, 2, 3, 4, 5, 6].map((n) => numbered(n)));
      await until("the first", () => seen.length === 1);
      log.trim("order", 0, 4);
      gate.resolve();
      await until("it says so", async () =>
        (await running.health()).problems.some((problem) => /removed by retention/.test(problem)),
      );
      assert.deepEqual(seen, [1, 2]);
    });
  }

  it("a partition that is added does not make a gap of what lies before the handler's start", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    await log.append([1, 2, 3].map((n) => numbered(n)));
    const reader = service("reader", log, store, { from: "latest" });
    reader.on(OrderUpdated, "follow", async ({ sequence }, ctx) => ctx.tx.put("seen", sequence), {
      gapDeadlineMs: 10,
      reorderWindowMs: 20,
    });
    await using _running = await reader.start();
    log.addPartitions("order", 2);
    await log.append([{ ...numbered(4), partition: 1 }]);
    await until("it is handled", () => store.get("seen") === 4, 5_000);
    assert.equal((await readAll(log, "reader.dlt")).length, 0);
  });
});

describe("start and close (R11, R12)", () => {
  it("a start that fails at the end leaves nothing running", async () => {
    const { log, store } = memory(1);
    let unitsOfWork = 0;
    const counted = new Proxy(store, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (name === "unitOfWork") unitsOfWork++;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const refusing = new Proxy<EventLog>(log, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        return name === "subscribe"
          ? () => Promise.reject(new Error("no group for you"))
          : typeof value === "function"
            ? value.bind(target)
            : value;
      },
    });
    const reader = service("reader", refusing, counted);
    reader.on(OrderUpdated, "follow", () => undefined);
    await assert.rejects(
      reader.start(),
      (error) => isThroughlineError(error, "SERVICE_CANNOT_START") && /no group/.test(error.message),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    unitsOfWork = 0;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    assert.equal(unitsOfWork, 0, "its loops have ended");
  });

  it("close() releases the store though leaving the group fails", async () => {
    const { log, store } = memory(1);
    const failing = new Proxy<EventLog>(log, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (name !== "subscribe") return typeof value === "function" ? value.bind(target) : value;
        return async (options: Parameters<EventLog["subscribe"]>[0]) => {
          const subscription = await target.subscribe(options);
          subscription.close = () => Promise.reject(new Error("the broker is away"));
          return subscription;
        };
      },
    });
    const reader = service("reader", failing, store);
    reader.on(OrderUpdated, "follow", () => undefined);
    const running = await reader.start();
    await running.close();
    await assert.rejects(
      store.unitOfWork(async () => undefined),
      (error) => isThroughlineError(error, "STORE_CLOSED"),
    );
  });

  it("close() ends at its deadline, though a call ignores its signal, and spends no attempt", async () => {
    const { log } = memory(1);
    const store = createMemoryStore({ transactionLimitMs: 200 });
    await log.createTopics([{ name: "order" }]);
    const reader = service("reader", log, store, { timings: { drainTimeoutMs: 300, closeTimeoutMs: 400 } });
    let calls = 0;
    reader.on(OrderUpdated, "call", { call: () => (calls++, new Promise(() => undefined)) }, { replay: "run", order: "any" });
    const started = await reader.start();
    await log.append([numbered(1)]);
    await until("it hangs", () => calls === 1);
    const closed = await Promise.race([
      started.close().then(() => "closed"),
      new Promise((resolve) => setTimeout(() => resolve("hangs"), 3_000)),
    ]);
    assert.equal(closed, "closed");
    const [row] = await store.connect().unitOfWork((unit) => unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10));
    assert.deepEqual(
      row?.attempts.map(({ endedAtMs }) => endedAtMs),
      [null],
    );
  });

  it("refuses a handler that was renamed from one that is still declared", async () => {
    const { log, store } = memory(1);
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "old", () => undefined);
    reader.on(OrderUpdated, "new", () => undefined, { renamedFrom: "old" });
    await assert.rejects(
      reader.start(),
      (error) => isThroughlineError(error, "SERVICE_CANNOT_START") && /"old"/.test(error.message),
    );
  });
});
