import assert from "node:assert/strict";
import { AssertionError } from "node:assert";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createMemoryLog, createService, isThroughlineError, PermanentError, RetryLater } from "throughline";
import { testService } from "@throughline/testing";
import {
  billing,
  InvoiceCreated,
  memoryService,
  OrderCompleted,
  OrderCreated,
  OrderUpdated,
  PaymentTaken,
} from "./kit-services.ts";

const order = (total = 25, order_id = "o1") => ({ order_id, total });
const saying = (text: RegExp) => (error: unknown) => error instanceof AssertionError && text.test(error.message);

describe("when and published", () => {
  it("an event is handled and what it caused is published, with one story's ids", async () => {
    const { service, total } = billing();
    await using t = await testService(service);
    const completed = await t.when(OrderCompleted, order());
    assert.equal(total(), 25);
    const [invoice, ...others] = await t.published(InvoiceCreated);
    assert.equal(others.length, 0);
    assert.deepEqual(invoice?.data, { invoice_id: "i-o1", order_id: "o1", total: 25 });
    assert.equal(invoice.source, "billing");
    assert.equal(invoice.sequence, 1);
    assert.equal(invoice.causationId, completed.id);
    assert.equal(invoice.correlationId, completed.correlationId);
    assert.equal((await t.published()).length, 1);
    assert.equal((await t.published(OrderCompleted)).length, 0, "what the test itself gave was not published by the service");
  });

  it("what is published is on the log in the order in which it was committed", async () => {
    const { service } = billing();
    await using t = await testService(service);
    for (const id of ["a", "b", "c", "d"]) await t.when(OrderCompleted, order(1, id));
    assert.deepEqual(
      (await t.published(InvoiceCreated)).map(({ data }) => data.order_id),
      ["a", "b", "c", "d"],
    );
  });

  it("events are numbered by subject, and the same id is the same event: one effect", async () => {
    const { service, total } = billing();
    await using t = await testService(service);
    const first = await t.when(OrderCompleted, order());
    const again = await t.when(OrderCompleted, order(), { id: first.id });
    const second = await t.when(OrderCompleted, order());
    const other = await t.when(OrderCompleted, order(1, "o2"));
    assert.deepEqual(
      [first, again, second, other].map(({ sequence }) => sequence),
      [1, 1, 2, 1],
    );
    assert.equal(total(), 51);
  });

  it("source, correlation and tenant are the ones given; the tenant is the contract's otherwise", async () => {
    const { service } = memoryService("ledger");
    const seen: unknown[] = [];
    service.on(
      PaymentTaken,
      "book",
      ({ source, correlationId, tenantId, sequence }) => void seen.push([source, correlationId, tenantId, sequence]),
    );
    await using t = await testService(service);
    const payment = { payment_id: "7b7a4f46-1de4-4a6c-9a53-000000000001", order_id: "o1", tenant_id: "acme" };
    await t.when(PaymentTaken, payment, { source: "payments", correlationId: "story" });
    await t.when(PaymentTaken, payment, { sequence: null, tenant: "other", correlationId: "story" });
    assert.deepEqual(seen, [
      ["payments", "story", "acme", 1],
      ["payment", "story", "other", null],
    ]);
  });

  it("data that no publisher could publish is refused, and so is an event that nobody reads", async () => {
    const { service } = billing();
    await using t = await testService(service);
    await assert.rejects(t.when(OrderCompleted, { order_id: "o1", total: 1.5 }), (error) =>
      isThroughlineError(error, "EVENT_INVALID"),
    );
    await assert.rejects(
      t.when(InvoiceCreated, { invoice_id: "i", order_id: "o", total: 1 }),
      saying(/no handler of "billing" reads the stream "invoice" of invoice.created; it reads order/),
    );
  });

  it("the same seed gives the same ids, another one others", async () => {
    const idsOf = async (seed: number): Promise<string[]> => {
      const { service, store } = billing();
      await using t = await testService(service, { seed });
      const given = await t.when(OrderCompleted, order());
      const route = await store.transaction((tx) =>
        service.publish(InvoiceCreated, { invoice_id: "x", order_id: "o", total: 1 }, { tx }),
      );
      return [given.id, route, ...(await t.published()).map(({ id }) => id)];
    };
    const ids = await idsOf(7);
    assert.equal(new Set(ids).size, 3, "the given one, the route's, and the handler's");
    assert.deepEqual(await idsOf(7), ids);
    assert.notDeepEqual(await idsOf(8), ids);
  });

  it("what a route publishes in its transaction leaves when that commits, and not when it is rolled back", async () => {
    const { service, store } = billing();
    await using t = await testService(service);
    const invoice = { invoice_id: "i", order_id: "o", total: 1 };
    await store.transaction((tx) => service.publish(InvoiceCreated, invoice, { tx }));
    const failed = store.transaction(async (tx) => {
      await service.publish(InvoiceCreated, invoice, { tx });
      throw new Error("the route failed");
    });
    await assert.rejects(failed, /the route failed/);
    await service.publish(InvoiceCreated, invoice, { tx: "none" });
    const published = await t.published(InvoiceCreated);
    assert.deepEqual(
      published.map(({ sequence }) => sequence),
      [1, 2],
    );
    assert.equal(published[0]?.time, "2026-01-01T00:00:00.000Z", "by the virtual clock");
  });

  it("a service that handles what it publishes settles after the whole chain", async () => {
    const { service, store } = memoryService("chain");
    service.on(OrderCreated, "complete", ({ data }, ctx) => void ctx.publish(OrderCompleted, data), { order: "any" });
    service.on(OrderCompleted, "invoice", ({ data }, ctx) => void ctx.publish(InvoiceCreated, { invoice_id: "i", ...data }), {
      order: "any",
    });
    service.on(InvoiceCreated, "note", ({ data }, ctx) => ctx.tx.put("noted", data.total));
    await using t = await testService(service);
    await t.when(OrderCreated, order(3));
    assert.equal(store.get("noted"), 3);
    assert.deepEqual(
      (await t.published()).map(({ type }) => type),
      ["order.completed", "invoice.created"],
    );
  });

  it("a handler that starts at the latest, or where its group stood, gets the first event", async () => {
    const { service } = memoryService("late");
    const seen: string[] = [];
    service.on(OrderCompleted, "latest", () => void seen.push("latest"), { from: "latest" });
    service.on(OrderCompleted, "group", () => void seen.push("group"), { from: "group" });
    await using t = await testService(service);
    await t.when(OrderCompleted, order());
    assert.deepEqual(seen.sort(), ["group", "latest"]);
  });

  it("a service without a store publishes; it cannot crash at a COMMIT", async () => {
    const service = createService({
      name: "edge",
      publishes: [InvoiceCreated],
      eventLog: () => Promise.reject(new Error("not this one")),
    });
    await using t = await testService(service);
    await service.publish(InvoiceCreated, { invoice_id: "i", order_id: "o", total: 1 });
    assert.equal((await t.published(InvoiceCreated)).length, 1);
    assert.throws(() => t.crashAfterCommit(), saying(/"edge" has no store/));
  });
});

describe("failures", () => {
  it("retries are run through in virtual time, and a dead letter can be redriven or discarded", async () => {
    const { service, store } = memoryService("reader", { retryDelaysMs: [1_000, 3_600_000] });
    let isBroken = true;
    let runs = 0;
    service.on(OrderUpdated, "follow", async ({ data }, ctx) => {
      runs++;
      if (isBroken) throw new Error("no such customer");
      await ctx.tx.put(`order:${data.order_id}`, data.total);
    });
    await using t = await testService(service, { settleWithinMs: 2 * 3_600_000 });
    const startedAtMs = t.nowMs;
    await t.when(OrderUpdated, order(1));
    assert.equal(runs, 3);
    assert.ok(t.nowMs - startedAtMs > 2_000_000, "an hour, more or less, has passed");
    await t.when(OrderUpdated, order(2));
    assert.equal(runs, 3, "the second waits behind the first");
    assert.deepEqual(
      (await t.parked()).map(({ handler, reason, event }) => [handler, reason, event?.sequence]),
      [["follow", "behind", 2]],
    );

    const [letter, ...others] = await t.deadLetters();
    assert.equal(others.length, 0);
    assert.equal(letter?.handler, "follow");
    assert.equal(letter.reason, "failed");
    assert.equal(letter.attempts.length, 3);
    assert.match(letter.error.message, /no such customer/);
    assert.deepEqual(letter.event?.data, order(1));

    isBroken = false;
    await t.redrive(letter);
    assert.equal(store.get("order:o1"), 2, "both have run, in order");
    assert.deepEqual(await t.deadLetters(), []);
    assert.deepEqual(await t.parked(), []);
    await assert.rejects(t.redrive(letter), saying(/refused to redrive .*handled already/));
    await assert.rejects(t.redrive({ failureId: "unknown" }), saying(/has no dead letter with the failure id unknown/));
  });

  it("a letter that fails again stands once, as it stands now", async () => {
    const { service } = memoryService("reader", { retryDelaysMs: [] });
    let runs = 0;
    service.on(OrderUpdated, "follow", () => {
      throw new Error(`failure ${++runs}`);
    });
    await using t = await testService(service);
    await t.when(OrderUpdated, order());
    await t.redrive((await t.deadLetters())[0]!);
    assert.deepEqual(
      (await t.deadLetters()).map(({ error }) => error.message),
      ["failure 2"],
    );
  });

  it("a redrive can carry other data, which is checked; a discard lets followers go on", async () => {
    const { service, store } = memoryService("reader");
    service.on(OrderUpdated, "follow", async ({ data }, ctx) => {
      if (data.total < 0) throw new PermanentError("negative");
      await ctx.tx.put("total", data.total);
    });
    await using t = await testService(service);
    await t.when(OrderUpdated, order(-1));
    const [letter] = await t.deadLetters();
    assert.ok(letter);
    await assert.rejects(t.redrive(letter, { data: { order_id: "o1" } }), saying(/the edited payload is not valid/));
    await t.redrive(letter, { data: order(7) });
    assert.equal(store.get("total"), 7);

    await t.when(OrderUpdated, order(-2));
    await t.when(OrderUpdated, order(8));
    assert.equal(store.get("total"), 7);
    await t.discard((await t.deadLetters())[0]!);
    assert.equal(store.get("total"), 8);
  });

  it("an event whose predecessor is missing waits for it, or for its deadline", async () => {
    const { service, store } = memoryService("reader");
    service.on(OrderUpdated, "follow", ({ data, sequence }, ctx) => ctx.tx.put(data.order_id, sequence));
    service.on(OrderCreated, "greet", () => undefined);
    await using t = await testService(service);
    await t.when(OrderUpdated, order(1, "late"), { sequence: 2 });
    await t.when(OrderUpdated, order(1, "lost"), { sequence: 2 });
    assert.deepEqual(
      (await t.parked()).map(({ handler, reason }) => [handler, reason]),
      [
        ["follow", "gap"],
        ["follow", "gap"],
      ],
      "and none for a handler of another type",
    );
    await t.when(OrderUpdated, order(1, "late"), { sequence: 1 });
    assert.equal(store.get("late"), 2);
    await t.advance(59_000);
    assert.equal((await t.deadLetters()).length, 0);
    await t.advance(1_000);
    assert.deepEqual(
      (await t.deadLetters()).filter(({ handler }) => handler === "follow").map(({ reason, event }) => [reason, event?.subject]),
      [["gap", "lost"]],
    );
  });

  it("work that never ends is given up after a bound of virtual time, with what it is", async () => {
    const { service } = memoryService("reader");
    service.on(OrderUpdated, "follow", () => {
      throw new RetryLater(60_000, "the bank is closed");
    });
    await using t = await testService(service, { settleWithinMs: 600_000 });
    await assert.rejects(
      t.when(OrderUpdated, order()),
      saying(/not settled after 600000 ms of virtual time: handler "follow" is to try an event again/),
    );
  });

  it("a handler that waits for the outside is waited for; one that hangs runs into its timeout", async () => {
    const { service, store } = memoryService("reader", { retryDelaysMs: [] });
    service.on(OrderUpdated, "slow", async ({ data }, ctx) => {
      await pause(30);
      await ctx.tx.put("slow", data.total);
    });
    service.on(OrderCompleted, "hangs", () => new Promise(() => undefined));
    await using t = await testService(service, { patienceMs: 300 });
    const startedAtMs = t.nowMs;
    await t.when(OrderUpdated, order());
    assert.equal(store.get("slow"), 25);
    assert.equal(t.nowMs, startedAtMs);
    await t.when(OrderCompleted, order());
    assert.deepEqual(
      (await t.deadLetters()).map(({ error }) => error.code),
      ["HANDLER_TIMEOUT"],
    );
  });

  it("a service that cannot start says why", async () => {
    const { service } = memoryService("broken", { from: undefined as never });
    service.on(OrderUpdated, "follow", () => undefined);
    await assert.rejects(testService(service), (error) => isThroughlineError(error, "SERVICE_CANNOT_START"));
  });
});

describe("crashes", () => {
  it("before COMMIT: all is rolled back, another instance handles the event, and its effects are there once", async () => {
    const { service, total } = billing();
    await using t = await testService(service);
    t.crashBeforeCommit();
    await t.when(OrderCompleted, order());
    assert.equal(total(), 25);
    assert.equal((await t.published(InvoiceCreated)).length, 1);
  });

  it("before COMMIT: an effect outside of the transaction has happened twice", async () => {
    const { service } = memoryService("mailer");
    const mails: string[] = [];
    service.on(OrderCompleted, "mail", ({ data }) => void mails.push(data.order_id));
    await using t = await testService(service);
    t.crashBeforeCommit();
    await t.when(OrderCompleted, order());
    assert.deepEqual(mails, ["o1", "o1"]);
  });

  it("after COMMIT: the event is not handled again, and what was published still leaves", async () => {
    const { service, total } = billing();
    await using t = await testService(service);
    t.crashAfterCommit();
    await t.when(OrderCompleted, order());
    await t.when(OrderCompleted, order());
    assert.equal(total(), 50);
    assert.deepEqual(
      (await t.published(InvoiceCreated)).map(({ sequence }) => sequence),
      [1, 2],
    );
  });

  it("a call whose outcome was not stored is made again with the same key; its commit happens once", async () => {
    const { service, store } = memoryService("mailer");
    const keys: string[] = [];
    service.on(
      OrderCompleted,
      "send",
      {
        call: async (_event, { idempotencyKey }) => {
          await pause(2);
          return keys.push(idempotencyKey);
        },
        commit: async (_sent, { data }, ctx) => ctx.tx.put("sent", ((await ctx.tx.get<number>("sent")) ?? 0) + data.total),
      },
      { replay: "run" },
    );
    await using t = await testService(service);
    t.crashBeforeCommit();
    const first = await t.when(OrderCompleted, order(1));
    t.crashAfterCommit();
    const second = await t.when(OrderCompleted, order(10));
    assert.deepEqual(keys, [first.id, first.id, second.id]);
    assert.equal(store.get("sent"), 11);
  });

  it("a dead letter survives the crash of the instance that made it", async () => {
    const { service } = memoryService("reader", { retryDelaysMs: [] });
    service.on(OrderCompleted, "fails", ({ data }) => {
      if (data.order_id === "bad") throw new Error("bad");
    });
    await using t = await testService(service);
    t.crashAfterCommit();
    await t.when(OrderCompleted, order(1, "bad"));
    assert.equal((await t.deadLetters()).length, 1);
    await t.when(OrderCompleted, order(1, "good"));
    assert.equal((await t.deadLetters()).length, 1);
  });

  it("a crash that was asked for and did not come is a failed test", async () => {
    const { service } = billing();
    await using t = await testService(service);
    t.crashBeforeCommit();
    await assert.rejects(
      t.when(OrderUpdated, order()),
      saying(/a crash before COMMIT was asked for, and no transaction that stores what came of an event/),
    );
    await t.when(OrderUpdated, order());
  });

  it("a service survives crash after crash", async () => {
    const { service, total } = billing();
    await using t = await testService(service);
    for (let i = 0; i < 3; i++) {
      t.crashBeforeCommit();
      await t.when(OrderCompleted, order(1));
      t.crashAfterCommit();
      await t.when(OrderCompleted, order(1, `other${i}`));
    }
    assert.equal(total(), 6);
    assert.equal((await t.published(InvoiceCreated)).length, 6);
  });
});

describe("one service, many tests", () => {
  it("each test begins anew on the same service and store; the application's data stays", async () => {
    const { service, total } = billing();
    for (const expected of [25, 50]) {
      await using t = await testService(service);
      const given = await t.when(OrderCompleted, order());
      assert.equal(given.sequence, 1);
      assert.equal(total(), expected);
      assert.equal((await t.published()).length, 1);
    }
  });

  it("a service that follows its own stream finds it numbered from 1 in each test", async () => {
    const { service, store } = memoryService("orders");
    service.on(OrderUpdated, "follow", ({ sequence }, ctx) => ctx.tx.put("last", sequence));
    for (let test = 0; test < 2; test++) {
      await using t = await testService(service);
      for (const total of [1, 2]) await service.publish(OrderUpdated, order(total), { tx: "none" });
      assert.deepEqual(
        (await t.published()).map(({ sequence }) => sequence),
        [1, 2],
      );
      assert.deepEqual(await t.parked(), []);
      assert.equal(store.get("last"), 2);
    }
  });

  it("nothing of a failed test reaches the next", async () => {
    const { service, store } = billing();
    {
      await using t = await testService(service);
      await t.when(OrderCompleted, order(), { sequence: 3 });
      assert.equal((await t.parked()).length, 1);
      await service.publish(InvoiceCreated, { invoice_id: "i", order_id: "o", total: 1 }, { tx: "none", id: "given" });
      t.crashBeforeCommit();
    }
    await using t = await testService(service);
    assert.deepEqual([await t.parked(), await t.published()], [[], []]);
    await store.transaction((tx) =>
      service.publish(InvoiceCreated, { invoice_id: "i", order_id: "o", total: 1 }, { tx, id: "given" }),
    );
    assert.equal((await t.published()).length, 1, "the id is not remembered from the test before");
  });

  it("a service is under one test at a time", async () => {
    const { service } = billing();
    await using t = await testService(service);
    await assert.rejects(testService(service), saying(/"billing" is running, or under test already/));
    await t.when(OrderCompleted, order());
  });

  it("a service that runs for real is refused and goes on", async () => {
    const { service, store } = memoryService("real", { eventLog: createMemoryLog(), log: { silent: true } });
    await using running = await service.start();
    await assert.rejects(testService(service), saying(/"real" is running, or under test already/));
    assert.equal((await running.health()).ready, true);
    await store.transaction((tx) => tx.put("still", "open"));
  });

  it("a call that comes after the end of its test says so", async () => {
    const { service } = billing();
    const t = await testService(service);
    await t.close();
    await assert.rejects(t.when(OrderCompleted, order()), saying(/the test of "billing" has ended; is an "await" missing/));
  });

  it("a store that was used outside of tests is refused and left alone", async () => {
    const { service, store } = billing();
    await store.open({
      service: "billing",
      surroundings: {
        clock: { now: () => 0, monotonic: () => 0, after: () => ({ cancel: () => undefined }) },
        random: { next: () => 0, fill: (bytes) => bytes },
      },
    });
    await store.unitOfWork((unit) => unit.handlers.register([{ name: "create-invoice", renamedFrom: [], types: [] }], 0));
    await assert.rejects(testService(service), saying(/the store of "billing" was used outside of tests/));
    assert.equal(store.snapshot().get("handlers")?.size, 1);
  });

  it("logs are silent unless they are asked for, and then carry the virtual time", async () => {
    const lines: { msg: string; time: number }[] = [];
    const destination = { write: (line: string) => void lines.push(JSON.parse(line) as { msg: string; time: number }) };
    const { service } = memoryService("reader", { log: { destination } });
    service.on(OrderUpdated, "follow", (_event, ctx) => ctx.log.info("followed"));
    {
      await using t = await testService(service);
      await t.when(OrderUpdated, order());
    }
    assert.equal(lines.length, 0);
    await using t = await testService(service, { logs: "info", startAt: "2030-01-01T00:00:00Z" });
    await t.when(OrderUpdated, order());
    assert.equal(lines.find(({ msg }) => msg === "followed")?.time, Date.UTC(2030, 0, 1));
    await t.close();
    assert.equal(service.log.level, "info");
  });
});
