import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MemoryLog, MemoryStore } from "../src/index.ts";
import type { EventLog, NewRecord } from "../src/seams/index.ts";
import { deadLetterTopic, redriveRecord, type AuditEntry, readDeadLetter } from "../src/system-topics/index.ts";
import { announcements, ask, send } from "./controls-harness.ts";
import { eventRecord, isSettled, memory, OrderUpdated, readAll, service, until } from "./harness.ts";

/** An event of a tenant's, with the tenant in its header. */
function tenantRecord(subject: string, tenant: string, n: number): NewRecord {
  const record = numbered(n, subject);
  return { ...record, headers: [...record.headers, ["ce_tenantid", Buffer.from(tenant)]] };
}

const numbered = (n: number, subject = "o") => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);

/** A service with one handler that notes the subjects and numbers that it handled. */
function noting(log: EventLog, store: MemoryStore, names = ["note"], instance?: string) {
  const reader = service("reader", log, store, instance === undefined ? {} : { instance });
  for (const name of names)
    reader.on(OrderUpdated, name, async ({ subject, sequence }, ctx) =>
      ctx.tx.put(`${name}:${subject}:${String(sequence).padStart(4, "0")}`, Date.now()),
    );
  return reader;
}

const noted = (store: MemoryStore, name = "note") => store.entries(`${name}:`).map(([key]) => key.slice(name.length + 1));

async function audited(log: MemoryLog): Promise<AuditEntry[]> {
  return (await readAll(log, "throughline.audit")).map(({ value }) => JSON.parse(Buffer.from(value!).toString()) as AuditEntry);
}

async function withOrders(partitions = 1) {
  const { log, store } = memory(partitions);
  await log.createTopics([{ name: "order" }]);
  return { log, store };
}

describe("pause and resume (R16)", () => {
  it("stop one handler and nobody else, are visible, and nothing is lost or done twice", async () => {
    const { log, store } = await withOrders();
    await using running = await noting(log, store, ["note", "other"]).start();
    await log.append([numbered(1)]);
    await until("live", () => isSettled(log, store, ["order"]));
    const answer = await ask(log, { command: "pause", handler: "note", untilMs: null });
    assert.deepEqual([answer.state, answer.sentence], ["done", 'handler "note" is paused by ann: an incident']);
    await log.append([2, 3, 4].map((n) => numbered(n)));
    await until("the other goes on", () => noted(store, "other").length === 4);
    assert.equal(noted(store).length, 1);
    const health = await running.health();
    assert.deepEqual(health, { live: true, ready: true, problems: ['handler "note" is paused by ann: an incident'] });
    // Any command makes the service announce itself: its own lag is in it.
    assert.equal((await ask(log, { command: "resume", handler: "other" })).state, "refused");
    const [announced] = await announcements(log);
    const note = announced?.handlers.find(({ name }) => name === "note");
    assert.deepEqual([note?.state, note?.behind, announced?.controls?.[0]?.by], ["paused", 3, "ann"]);
    // The group is not behind: what is paused is no alarm.
    await until("the group has read on", async () =>
      (await log.committedOffsets("reader")).some(({ topic, offset }) => topic === "order" && offset === 4),
    );
    await ask(log, { command: "resume", handler: "note" });
    await until("it caught up", () => noted(store).length === 4);
    await log.append([numbered(5)]);
    await until("both go on live", () => isSettled(log, store, ["order"]));
    assert.deepEqual(noted(store), noted(store, "other"));
    const entries = (await audited(log)).map(({ action, outcome, by }) => [action, outcome, by]);
    assert.deepEqual(entries, [
      ["pause", "done", "ann"],
      ["resume", "refused", "ann"],
      ["resume", "done", "ann"],
    ]);
  });

  it("rules at start", async () => {
    const { log, store } = await withOrders();
    const first = await noting(log.connect(), store.connect()).start();
    await log.append([numbered(1)]);
    await until("live", () => isSettled(log, store, ["order"]));
    await ask(log, { command: "pause", handler: "note", untilMs: null });
    await first.close();
    await log.append([numbered(2)]);
    await using second = await noting(log.connect(), store.connect(), ["note", "fresh"]).start();
    await until("another handler has caught up", () => noted(store, "fresh").length === 2);
    assert.equal(noted(store).length, 1);
    assert.equal((await second.health()).ready, true);
    await ask(log, { command: "resume", handler: "note" });
    await until("it goes on", () => noted(store).length === 2);
  });

  it("of all handlers ends by itself, also while no instance runs, and says so", async () => {
    const { log, store } = await withOrders();
    const first = await noting(log.connect(), store.connect()).start();
    await until("joined", async () => (await first.health()).ready);
    const untilMs = Date.now() + 300;
    await ask(log, { command: "pause", handler: "*", untilMs });
    await first.close();
    await log.append([numbered(1)]);
    await until("its time is over", () => Date.now() > untilMs);
    await using _second = await noting(log.connect(), store.connect()).start();
    await until("it goes on", () => noted(store).length === 1);
    await until("it is audited", async () => (await audited(log)).some(({ outcome }) => outcome === "ended"));
    assert.deepEqual(await store.unitOfWork((unit) => unit.controls.all()), []);
  });

  it("ends by itself while it runs", async () => {
    const { log, store } = await withOrders();
    await using running = await noting(log, store).start();
    await until("joined", async () => (await running.health()).ready);
    await ask(log, { command: "pause", handler: "note", untilMs: Date.now() + 1_000 });
    await log.append([numbered(1)]);
    await until("it goes on", () => noted(store).length === 1, 8_000);
  });

  it("stop retries and calls, and a redrive is taken all the same", async () => {
    const { log, store } = await withOrders();
    let isBroken = true;
    const calls: string[] = [];
    const runs: string[] = [];
    const reader = service("reader", log, store, { retryDelaysMs: [3] });
    reader.on(OrderUpdated, "note", ({ subject }) => {
      runs.push(subject ?? "");
      if (isBroken) throw new Error("broken");
    });
    reader.on(
      OrderUpdated,
      "call",
      {
        call: ({ subject }) => {
          calls.push(subject ?? "");
          return isBroken ? Promise.reject(new Error("broken")) : Promise.resolve();
        },
      },
      { replay: "run", retryDelaysMs: [600, 600] },
    );
    await using _running = await reader.start();
    await log.append([numbered(1)]);
    const dead = async () => (await readAll(log, deadLetterTopic("reader"))).map((record) => readDeadLetter(record));
    await until("a dead letter", async () => (await dead()).length === 1);
    await until("a call has failed", () => calls.length === 1);
    await ask(log, { command: "pause", handler: "*", untilMs: null });
    const [before, called] = [runs.length, calls.length];
    isBroken = false;
    const [row] = await store.unitOfWork((unit) => unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10));
    await log.append([
      redriveRecord({
        requestId: "r-1",
        service: "reader",
        handler: "note",
        failureId: row!.id,
        action: "redrive",
        editedValue: null,
        force: false,
        by: "ann",
        reason: null,
        atMs: Date.now(),
        original: row!.record,
      }),
    ]);
    await until("the redrive is taken", async () =>
      store.unitOfWork(async (unit) => (await unit.parked.get(row!.id))?.reason === "redriven"),
    );
    const due = Date.now() + 900;
    await until("the call's retry was due", () => Date.now() > due);
    assert.deepEqual([runs.length, calls.length], [before, called]);
    await ask(log, { command: "resume", handler: "*" });
    await until("both are done", () => isSettled(log, store, ["order"]));
    assert.deepEqual([runs.length, calls.length], [before + 1, called + 1]);
  });

  it("is applied by every instance within five seconds", async () => {
    const { log, store } = await withOrders(4);
    await using one = await noting(log.connect(), store.connect(), ["note"], "one").start();
    await using two = await noting(log.connect(), store.connect(), ["note"], "two").start();
    await until("both have joined", async () => (await one.health()).ready && (await two.health()).ready);
    await send(log, { command: "pause", handler: "note", untilMs: null });
    const isPausedAt = async (instance: string) =>
      (await announcements(log)).some((each) => each.instance === instance && each.handlers[0]?.state === "paused");
    await until("both say so", async () => (await isPausedAt("one")) && (await isPausedAt("two")), 5_000);
    for (let n = 1; n <= 8; n++) await log.append([numbered(1, `s${n}`)]);
    const later = Date.now() + 300;
    await until("they had every chance", () => Date.now() > later);
    assert.equal(noted(store).length, 0);
    await ask(log, { command: "resume", handler: "note" });
    await until("all", () => noted(store).length === 8, 8_000);
  });

  it("that cannot be done is refused, and says why", async () => {
    const { log, store } = await withOrders();
    await using running = await noting(log, store).start();
    await until("joined", async () => (await running.health()).ready);
    const cases = [
      [{ command: "pause", handler: "nothing", untilMs: null }, /has no handler "nothing"; it has note/],
      [{ command: "resume", handler: "note" }, /handler "note" is not paused/],
      [{ command: "release", handler: "*", subject: "o", tenant: null }, /reader has no hold of subject "o"/],
      [{ command: "limit", handler: "*", perSecond: 5, untilMs: null }, /a limit is one handler's/],
      [{ command: "hold", handler: "*", subject: null, tenant: null, untilMs: null }, /either one subject or one tenant/],
    ] as const;
    for (const [command, sentence] of cases) {
      const answer = await ask(log, command);
      assert.equal(answer.state, "refused");
      assert.match(answer.sentence, sentence);
    }
    await ask(log, { command: "pause", handler: "*", untilMs: null });
    assert.match((await ask(log, { command: "resume", handler: "note" })).sentence, /it concerns every handler of reader/);
  });
});

describe("limit (R16)", () => {
  it("is kept by all instances together, and no other handler waits for it", async () => {
    const { log, store } = await withOrders(2);
    await using one = await noting(log.connect(), store.connect(), ["note", "other"], "one").start();
    await using two = await noting(log.connect(), store.connect(), ["note", "other"], "two").start();
    await until("both have joined", async () => (await one.health()).ready && (await two.health()).ready);
    await ask(log, { command: "limit", handler: "note", perSecond: 20, untilMs: null });
    await until("both apply it", async () => (await announcements(log)).every(({ controls }) => controls?.length === 1));
    for (let n = 1; n <= 60; n++) await log.append([numbered(1, `s${n}`)]);
    await until("the other is done", () => noted(store, "other").length === 60);
    assert.ok(noted(store).length < 40, `${noted(store).length}`);
    await until("it is done, too", () => noted(store).length === 60, 12_000);
    const times = store.entries<number>("note:").map(([, atMs]) => atMs);
    const tookMs = Math.max(...times) - Math.min(...times);
    // Sixty at twenty a second, less the steps that each partition takes before it first waits.
    assert.ok(tookMs > 2_000, `${tookMs} ms`);
    assert.equal((await ask(log, { command: "limit", handler: "note", perSecond: null, untilMs: null })).state, "done");
    for (let n = 61; n <= 160; n++) await log.append([numbered(1, `s${n}`)]);
    await until("as many as come", () => noted(store).length === 160, 4_000);
  });
});

describe("a limit that is taken off (R16)", () => {
  it("holds back nothing parked any more, however long it had still to wait", async () => {
    const { log, store } = await withOrders();
    await using running = await noting(log, store).start();
    await until("joined", async () => (await running.health()).ready);
    await ask(log, { command: "hold", handler: "*", subject: "b", tenant: null, untilMs: null });
    await log.append([1, 2, 3].map((n) => numbered(n, "b")));
    await until("all are parked", () =>
      store.unitOfWork(async (unit) => (await unit.parked.counts()).reduce((sum, { count }) => sum + count, 0) === 3),
    );
    await ask(log, { command: "limit", handler: "note", perSecond: 0.02, untilMs: null });
    await ask(log, { command: "release", handler: "*", subject: "b", tenant: null });
    await until("the first one", () => noted(store).length === 1);
    await ask(log, { command: "limit", handler: "note", perSecond: null, untilMs: null });
    await until("the others", () => noted(store).length === 3, 8_000);
  });
});

describe("hold and release (R16)", () => {
  it("park one subject in order without spending attempts; everything else goes on", async () => {
    const { log, store } = await withOrders();
    const order: string[] = [];
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "note", ({ subject, sequence }, { attempt }) => void order.push(`${subject}${sequence}/${attempt}`));
    await using running = await reader.start();
    await until("joined", async () => (await running.health()).ready);
    const answer = await ask(log, { command: "hold", handler: "note", subject: "b", tenant: null, untilMs: null });
    assert.equal(answer.sentence, 'subject "b" is held for handler "note" by ann: an incident');
    await log.append([numbered(1, "a"), numbered(1, "b"), numbered(2, "b"), numbered(2, "a"), numbered(3, "b")]);
    const rows = () => store.unitOfWork((unit) => unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10));
    await until("the others are handled", () => order.length === 2);
    await until("it is parked", async () => (await rows()).length === 3);
    const later = Date.now() + 1_500;
    await until("a sweep has passed", () => Date.now() > later);
    assert.deepEqual(
      (await rows()).map(({ sequence, reason, attempts, dueAtMs }) => [sequence, reason, attempts.length, dueAtMs]),
      [
        [1, "held", 0, null],
        [2, "behind", 0, null],
        [3, "behind", 0, null],
      ],
    );
    assert.deepEqual(order, ["a1/1", "a2/1"]);
    await ask(log, { command: "release", handler: "note", subject: "b", tenant: null });
    await until("released", () => order.length === 5);
    assert.deepEqual(order.slice(2), ["b1/1", "b2/1", "b3/1"]);
    await log.append([numbered(4, "b")]);
    await until("it goes on live", () => order.at(-1) === "b4/1");
  });

  it("keep what waits for its retry, with the attempts that it has", async () => {
    const { log, store } = await withOrders();
    let isBroken = true;
    const attempts: number[] = [];
    const reader = service("reader", log, store, { retryDelaysMs: [500, 500, 500] });
    reader.on(OrderUpdated, "note", (_event, { attempt }) => {
      attempts.push(attempt);
      if (isBroken) throw new Error("broken");
    });
    await using _running = await reader.start();
    await log.append([numbered(1, "b")]);
    await until("it has failed once", () => attempts.length === 1);
    await ask(log, { command: "hold", handler: "*", subject: "b", tenant: null, untilMs: null });
    const reason = () => store.unitOfWork(async (unit) => (await unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 1))[0]?.reason);
    await until("it is held when its retry is due", async () => (await reason()) === "held");
    const before = attempts.length;
    isBroken = false;
    await ask(log, { command: "release", handler: "*", subject: "b", tenant: null });
    await until("it is done", () => isSettled(log, store, ["order"]));
    assert.deepEqual(attempts.slice(before), [before + 1]);
  });

  it("end by themselves in time, also while no instance runs", async () => {
    const { log, store } = await withOrders();
    const first = await noting(log.connect(), store.connect()).start();
    await until("joined", async () => (await first.health()).ready);
    const untilMs = Date.now() + 1_200;
    await ask(log, { command: "hold", handler: "*", subject: "b", tenant: null, untilMs });
    await log.append([numbered(1, "b"), numbered(1, "a"), numbered(2, "b")]);
    await until("the other", () => noted(store).length === 1);
    await first.close();
    await until("its time is over", () => Date.now() > untilMs);
    await using _second = await noting(log.connect(), store.connect()).start();
    await until("both", () => noted(store).length === 3);
  });

  it("of a tenant concern all of its subjects, for calls, too, and releasing it calls each once, in order", async () => {
    const { log, store } = await withOrders(3);
    const calls: string[] = [];
    const reader = service("reader", log, store);
    reader.on(
      OrderUpdated,
      "call",
      { call: ({ subject, sequence }) => Promise.resolve(void calls.push(`${subject}${sequence}`)) },
      { replay: "run" },
    );
    await using running = await reader.start();
    await until("joined", async () => (await running.health()).ready);
    await ask(log, { command: "hold", handler: "*", subject: null, tenant: "t-1", untilMs: null });
    for (const [subject, tenant] of [
      ["a", "t-1"],
      ["b", "t-1"],
      ["c", "t-2"],
    ] as const)
      for (const n of [1, 2]) await log.append([tenantRecord(subject, tenant, n)]);
    await until("the other tenant's", () => calls.length === 2);
    await until("all of the tenant's are parked", async () =>
      store.unitOfWork(async (unit) => (await unit.parked.counts()).reduce((sum, { count }) => sum + count, 0) === 4),
    );
    assert.deepEqual(calls, ["c1", "c2"]);
    await ask(log, { command: "release", handler: "*", subject: null, tenant: "t-1" });
    await until("all", () => isSettled(log, store, ["order"]));
    assert.deepEqual(calls.slice(2).toSorted(), ["a1", "a2", "b1", "b2"]);
    assert.ok(calls.indexOf("a1") < calls.indexOf("a2") && calls.indexOf("b1") < calls.indexOf("b2"));
  });

  it("an instance that did not hear of a release in time forgets nothing that it held", async () => {
    const { log, store } = await withOrders();
    await using running = await noting(log, store).start();
    await until("joined", async () => (await running.health()).ready);
    await ask(log, { command: "hold", handler: "*", subject: "b", tenant: null, untilMs: null });
    // As if another instance had carried out the release: this one hears of it at its next look.
    await store.unitOfWork(async (unit) => {
      for (const { id } of await unit.controls.all()) await unit.controls.remove(id);
      await unit.parked.makeHeldDue([1], Date.now());
    });
    await log.append([numbered(1, "b")]);
    await until("it is handled", () => noted(store).length === 1, 8_000);
  });
});
