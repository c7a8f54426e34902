import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeEvent, type MemoryLog, type MemoryStore, type MemoryTx, type Service } from "../src/index.ts";
import { planRecovery, recover } from "../src/outbox/index.ts";
import { coreError, type EventLog } from "../src/seams/index.ts";
import { readDeadLetter, readMark } from "../src/system-topics/index.ts";
import { memory, OrderUpdated, readAll, service, until } from "./harness.ts";

const never = new AbortController().signal;
const plan = (log: MemoryLog, store: MemoryStore) => planRecovery({ log, store, service: "orders", signal: never });

const publish = (orders: Service<MemoryTx>, order_id: string, total: number) =>
  orders.publish(OrderUpdated, { order_id, total }, { tx: "none" });

const sent = async (log: MemoryLog) => (await readAll(log, "order")).map((record) => decodeEvent(record));
const places = async (log: MemoryLog) =>
  (await sent(log)).map(
    (event) => `${event.subject}: ${event.sequenceEpoch}.${event.sequence} = ${(event.data() as { total: number }).total}`,
  );
const numbering = (store: MemoryStore) => store.unitOfWork((unit) => unit.outbox.numbering());
const isSent = (store: MemoryStore) => async () => (await store.unitOfWork((unit) => unit.outbox.backlog())).count === 0;

/** An orders service with three events in the log, and a backup of its store from before the third. */
async function withBackup() {
  const { log, store } = memory(1);
  const first = await service("orders", log, store).start();
  const orders = service("orders", log, store);
  await first.close();
  const running = await orders.start();
  await publish(orders, "o", 1);
  await publish(orders, "o", 2);
  await until("they are sent", isSent(store));
  const backup = store.snapshot();
  await publish(orders, "o", 3);
  await until("the third is sent", isSent(store));
  return { log, store, orders, running, backup };
}

describe("a store that was put back (R2)", () => {
  for (const how of [
    "while its service runs",
    "while it is stopped, and its mark was written",
    "after a crash, before its mark was written",
  ] as const) {
    it(`${how}: publishing stops with one clear error, and goes on in a new numbering after it is recovered`, async () => {
      const { log, store, running, backup, ...made } = await withBackup();
      let { orders } = made;
      const lines: string[] = [];
      let now = running;
      if (how === "while its service runs") {
        store.restore(backup);
      } else {
        // A crash leaves the log as it is: what the clean end appended to the marks is taken away.
        if (how === "after a crash, before its mark was written")
          log.refuse(({ topic }) => (topic === "throughline.marks" ? "forbidden" : undefined));
        await running.close();
        log.refuse(() => undefined);
        store.restore(backup);
        orders = service("orders", log, store, { log: { destination: { write: (line: string) => void lines.push(line) } } });
        now = await orders.start();
      }
      await publish(orders, "o", 4);
      await until("it is noticed", async () => (await numbering(store)).behind !== null);
      await until("health says so", async () => !(await now.health()).ready);
      const { problems } = await now.health();
      assert.match(problems.join("\n"), /the store of "orders" is behind the event log: .* "throughline store recover/);
      await publish(orders, "p", 5);
      assert.deepEqual(await places(log), ["o: 0.1 = 1", "o: 0.2 = 2", "o: 0.3 = 3"], "nothing is sent");

      const found = await plan(log, store);
      assert.deepEqual([found.opens, found.waiting, found.undone.events, found.undone.subjects], [1, 2, 1, 1]);
      assert.equal(found.undone.examples[0]?.sequence, 3);
      await recover(store, found);
      await until("it goes on", isSent(store));
      assert.deepEqual((await places(log)).slice(3), ["o: 1.1 = 4", "p: 1.1 = 5"]);
      await until("health is well", async () => (await now.health()).ready);
      assert.equal((await plan(log, store)).why, null);
      await now.close();
      if (lines.length > 0) assert.equal(lines.filter((line) => line.includes("STORE_BEHIND_LOG")).length, 1, "one error");
    });
  }

  it("by less than a mark, as a replica that lags: a single missing number is found in the log", async () => {
    const { log, store } = memory(3);
    const orders = service("orders", log, store);
    await using running = await orders.start();
    for (let n = 1; n <= 20; n++) await publish(orders, `o-${n % 4}`, n);
    await until("they are sent", isSent(store));
    const marks = (await readAll(log, "throughline.marks")).length;
    const backup = store.snapshot();
    await publish(orders, "o-1", 21);
    await until("it is sent", isSent(store));
    assert.equal((await readAll(log, "throughline.marks")).length, marks, "no mark tells of it");
    log.refuse(({ topic }) => (topic === "throughline.marks" ? "forbidden" : undefined));
    await running.close();
    log.refuse(() => undefined);
    store.restore(backup);
    await using again = await service("orders", log, store).start();
    await until("it is noticed", async () => (await numbering(store)).behind !== null);
    assert.match((await numbering(store)).behind?.why ?? "", /the log holds number 6 \(numbering 0\) of subject "o-1"/);
    assert.equal((await again.health()).ready, false);
  });

  it("that is not behind goes on, however often its relays change", async () => {
    const { log, store } = memory(3);
    for (let round = 0; round < 5; round++) {
      const instances = [0, 1, 2].map((i) => service("orders", log.connect(), store.connect(), { instance: `i${round}-${i}` }));
      const running = await Promise.all(instances.map((one) => one.start()));
      for (const [i, one] of instances.entries())
        for (let n = 0; n < 10; n++) await publish(one, `o-${n}`, round * 100 + i * 10 + n);
      // Stopped in the middle of the work, one after the other.
      for (const one of running) await one.close();
      assert.equal((await numbering(store)).behind, null);
    }
    const events = await sent(log);
    assert.equal(new Set(events.map(({ id }) => id)).size, 150);
    assert.ok(events.every(({ sequenceEpoch }) => sequenceEpoch === 0));
  });

  it("is found again after a second restore, to before the first recovery or after it", async () => {
    const { log, store, orders, running, backup } = await withBackup();
    store.restore(backup);
    await until("it is noticed", async () => (await numbering(store)).behind !== null);
    await recover(store, await plan(log, store));
    await publish(orders, "o", 4);
    await until("it goes on", isSent(store));
    const afterRecovery = store.snapshot();
    await publish(orders, "o", 5);
    await until("it is sent", isSent(store));
    store.restore(backup);
    await until("it is noticed again", async () => (await numbering(store)).behind !== null);
    const second = await plan(log, store);
    assert.equal(second.opens, 2);
    assert.equal(second.undone.events, 3);
    store.restore(afterRecovery);
    await until("and once more", async () => (await numbering(store)).behind !== null);
    assert.equal((await plan(log, store)).opens, 2);
    await recover(store, await plan(log, store));
    await publish(orders, "o", 6);
    await until("it goes on", isSent(store));
    assert.equal((await places(log)).at(-1), "o: 2.1 = 6");
    await running.close();
  });

  it("keeps no ticket of the store before it: what waited in the backup is sent", async () => {
    const { log, store } = memory(1);
    const orders = service("orders", log, store);
    await using _running = await orders.start();
    await publish(orders, "o", 1);
    await until("it is sent", isSent(store));
    log.unavailable(true);
    await publish(orders, "o", 2);
    await until("it is numbered", async () => (await numbering(store)).given === 2);
    const backup = store.snapshot();
    log.unavailable(false);
    await until("it is sent", isSent(store));
    store.restore(backup);
    // It was numbered before the backup, so nothing is behind; it is sent once more, under the same number.
    await until("it is sent again", async () => (await isSent(store)()) && (await sent(log)).length === 3);
    assert.deepEqual(await places(log), ["o: 0.1 = 1", "o: 0.2 = 2", "o: 0.2 = 2"]);
    assert.equal((await numbering(store)).behind, null);
  });

  it("while the log refuses a record stops no other row in its place", async () => {
    const { log, store, orders, running, backup } = await withBackup();
    // An older state in which the next tickets are other events'.
    const present = store.snapshot();
    store.restore(backup);
    await publish(orders, "p", 5);
    await publish(orders, "p", 6);
    const other = store.snapshot();
    store.restore(present);
    let refused = 0;
    log.refuse(({ topic, value }) => {
      if (topic !== "order" || JSON.parse(Buffer.from(value ?? []).toString()).total !== 4) return undefined;
      // Before the answer is booked.
      if (++refused === 1) store.restore(other);
      return "forbidden";
    });
    await publish(orders, "o", 4);
    await until("it is put back once more", () => refused === 1);
    await until("it is noticed", async () => (await numbering(store)).behind !== null);
    await recover(store, await plan(log, store));
    await until("it goes on", isSent(store));
    assert.deepEqual(await store.unitOfWork((unit) => unit.outbox.stopped()), []);
    assert.deepEqual((await places(log)).slice(-2), ["p: 1.1 = 5", "p: 1.2 = 6"]);
    await running.close();
  });

  it("empty, or another: a service that publishes from it is stopped, too", async () => {
    const { log, running } = await withBackup();
    await running.close();
    const { store: empty } = memory();
    const orders = service("orders", log, empty);
    await using _running = await orders.start();
    await publish(orders, "o", 1);
    await until("it is noticed", async () => (await numbering(empty)).behind !== null);
    assert.match((await numbering(empty)).behind?.why ?? "", /another store/);
    const found = await plan(log, empty);
    assert.deepEqual([found.opens, found.undone.events], [1, 3]);
  });

  it("says nothing of a service that gives no numbers", async () => {
    const { log, store } = memory(1);
    const orders = service("orders", log, store);
    await using _orders = await orders.start();
    const readers = memory(1).store;
    const backup = readers.snapshot();
    const reader = service("reader", log, readers);
    reader.on(OrderUpdated, "follow", async (event, ctx) => ctx.tx.put(`seen-${event.id}`, true));
    const running = await reader.start();
    await publish(orders, "o", 1);
    await until("it is handled", () => readers.entries("seen-").length === 1);
    await running.close();
    readers.restore(backup);
    const again = service("reader", log, readers);
    again.on(OrderUpdated, "follow", async (event, ctx) => ctx.tx.put(`seen-${event.id}`, true));
    await using _again = await again.start();
    await until("it is handled again", () => readers.entries("seen-").length === 1);
    assert.equal((await numbering(readers)).behind, null);
  });
});

const faces = (log: EventLog) => ({
  features: log.features,
  maxRecordBytes: log.maxRecordBytes,
  append: log.append.bind(log),
  subscribe: log.subscribe.bind(log),
  read: log.read.bind(log),
  topics: log.topics.bind(log),
  createTopics: log.createTopics.bind(log),
  close: log.close.bind(log),
});

describe("a mark that cannot be read or written (R14)", () => {
  it("is one warning, and publishing goes on", async () => {
    const { log, store, running, backup } = await withBackup();
    await running.close();
    const lines: string[] = [];
    const connected = log.connect();
    const blind = Object.assign(Object.create(null) as EventLog, {
      ...faces(connected),
      offsets: async (topic: string) => {
        if (topic === "throughline.marks") throw new Error("forbidden");
        return connected.offsets(topic);
      },
    });
    store.restore(backup);
    const orders = service("orders", blind, store, { log: { destination: { write: (line: string) => void lines.push(line) } } });
    await using _running = await orders.start();
    for (let n = 0; n < 3; n++) {
      await publish(orders, "p", n);
      await until("it is sent", isSent(store));
    }
    assert.equal(lines.filter((line) => line.includes("the store's mark cannot be read")).length, 1);
  });

  it("because the log is away, too, is waited for: nothing is numbered uncompared", async () => {
    const { log, store, running, backup } = await withBackup();
    await running.close();
    store.restore(backup);
    const orders = service("orders", log, store);
    let isAway = true;
    const connected = log.connect();
    await using _running = await orders.start({
      eventLog: Object.assign(Object.create(null) as EventLog, {
        ...faces(connected),
        offsets: async (topic: string) => {
          if (isAway && topic === "throughline.marks") throw coreError("LOG_UNAVAILABLE", { what: "it is away" });
          return connected.offsets(topic);
        },
      }),
    });
    await publish(orders, "o", 4);
    for (let i = 0; i < 20; i++) await publish(orders, "p", i);
    assert.equal((await numbering(store)).given, 2);
    isAway = false;
    await until("it is noticed", async () => (await numbering(store)).behind !== null);
    assert.equal((await sent(log)).length, 3);
  });

  it("that is refused by the log costs one warning", async () => {
    const { log, store } = memory(1);
    log.refuse(({ topic }) => (topic === "throughline.marks" ? "full" : undefined));
    const lines: string[] = [];
    const orders = service("orders", log, store, { log: { destination: { write: (line: string) => void lines.push(line) } } });
    await using _running = await orders.start();
    for (let n = 0; n < 3; n++) await publish(orders, `o-${n}`, n);
    await until("they are sent", isSent(store));
    assert.equal(lines.filter((line) => line.includes("the store's mark cannot be written")).length, 1);
  });

  it("knows a topic before the first event goes to it", async () => {
    const { log, store } = memory(2);
    const orders = service("orders", log, store);
    await using _running = await orders.start();
    await publish(orders, "o", 1);
    await until("it is sent", isSent(store));
    const [first] = await readAll(log, "throughline.marks");
    assert.deepEqual(Object.keys(readMark(first?.value ?? null)?.ends ?? {}), ["order"]);
    assert.ok((first?.timestampMs ?? Infinity) <= ((await readAll(log, "order"))[0]?.timestampMs ?? 0));
  });
});

describe("consumers of a service whose store was put back (R3, R5)", () => {
  it("lose and double nothing silently: what they handled of the undone history is reported, the rest once", async () => {
    const { log, store } = memory(2);
    const orders = service("orders", log, store);
    const running = await orders.start();
    const readers = memory().store;
    const reader = service("reader", log, readers);
    reader.on(OrderUpdated, "follow", async (event, ctx) => {
      await ctx.tx.put(`seen:${event.id}`, ((await ctx.tx.get<number>(`seen:${event.id}`)) ?? 0) + 1);
    });
    await using _reader = await reader.start();
    let backup = store.snapshot();
    let reported = new Set<string>();
    for (let n = 0; n < 200; n++) {
      await store.transaction(async (tx) => {
        const id = await orders.publish(OrderUpdated, { order_id: `o-${n % 7}`, total: n }, { tx });
        await tx.put(`published:${id}`, n);
      });
      if (n === 90) backup = store.snapshot();
      if (n === 120) {
        store.restore(backup);
        await until("it is noticed", async () => (await numbering(store)).behind !== null);
      }
      if (n === 150) {
        const found = await plan(log, store);
        reported = new Set(found.undone.examples.map(({ id }) => id));
        await recover(store, found);
      }
    }
    await until("all is sent", isSent(store));
    const present = store.entries("published:").map(([key]) => key.slice("published:".length));
    await until("all of the present history is handled", () => present.every((id) => readers.get(`seen:${id}`) !== undefined));
    for (const [, times] of readers.entries<number>("seen:")) assert.equal(times, 1);
    const undone = new Set((await sent(log)).map(({ id }) => id).filter((id) => !present.includes(id)));
    assert.ok(undone.size > 0 && undone.size <= 30, `${undone.size} of 91 to 120 were sent, and undone`);
    assert.deepEqual(reported, undone);
    const letters = (await readAll(log, "reader.dlt")).map((record) => readDeadLetter(record)?.letter.reason);
    assert.deepEqual(letters, []);
    await running.close();
  });
});
