import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isThroughlineError } from "../src/index.ts";
import { deadLetterTopic, redriveRecord, type RedriveRequest } from "../src/system-topics/index.ts";
import { announcements, ask, send } from "./controls-harness.ts";
import { eventRecord, InvoiceCreated, isSettled, memory, OrderUpdated, readAll, receipts, service, until } from "./harness.ts";

const numbered = (n: number, subject = "o") => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);

async function shop() {
  const { log, store } = memory(1);
  await log.createTopics([{ name: "order" }, { name: "invoice" }]);
  return { log, store };
}

/** Every problem of a start that is refused. */
async function problemsOf(start: Promise<unknown>): Promise<readonly string[]> {
  const error = await start.then(
    () => assert.fail("it started"),
    (thrown: unknown) => thrown,
  );
  assert.ok(isThroughlineError(error, "SERVICE_CANNOT_START"));
  return (error.details as { problems: readonly string[] }).problems;
}

describe("a service that is renamed (R13)", () => {
  it("goes on where it stood, answers what was asked of its former name, and the former name is refused", async () => {
    const { log, store } = await shop();
    const handled: string[] = [];
    let isBroken = true;
    const define = (name: string) => {
      const reader = service(name, log.connect(), store.connect(), { retryDelaysMs: [], instance: `${name}-1` });
      reader.on(OrderUpdated, "note", ({ subject, sequence }) => {
        if (isBroken && subject === "bad") throw new Error("broken");
        handled.push(`${subject}${sequence}`);
      });
      return reader;
    };
    const old = await define("reader").start();
    await log.append([numbered(1), numbered(1, "bad"), numbered(2, "bad")]);
    await until("a dead letter", async () => (await readAll(log, deadLetterTopic("reader"))).length === 1);
    assert.match((await problemsOf(define("ledger").start()))[0]!, /throughline rename service reader ledger/);
    const answer = await ask(log, { command: "rename-service", handler: "*", to: "ledger" });
    assert.equal(answer.state, "done");
    await log.append([numbered(2)]);
    await until("the old one goes on", () => handled.includes("o2"));
    await old.close();
    // Asked of the former name, while nobody runs.
    const [row] = (await store.unitOfWork((unit) => unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 9))).filter(
      ({ state }) => state === "dead",
    );
    const request: RedriveRequest = {
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
    };
    await log.append([redriveRecord(request)]);
    await send(log, { command: "hold", handler: "*", subject: "held", tenant: null, untilMs: null });
    isBroken = false;
    await log.append([numbered(3)]);
    await using _ledger = await define("ledger").start();
    await until("all is handled", () => isSettled(log, store, ["order"]));
    // A batch in which one fails is run again.
    assert.deepEqual([...new Set(handled)].toSorted(), ["bad1", "bad2", "o1", "o2", "o3"]);
    await until("the answer to the redrive", async () =>
      (await receipts(log)).some(
        (receipt) => receipt.kind === "event" && receipt.outcome === "applied" && receipt.service === "ledger",
      ),
    );
    await until("the command is carried out, too", async () =>
      (await announcements(log)).some(({ service: name, controls }) => name === "ledger" && controls?.length === 1),
    );
    assert.deepEqual((await announcements(log)).find(({ service: name }) => name === "ledger")?.formerNames, ["reader"]);
    assert.match((await problemsOf(define("reader").start()))[0]!, /belongs to the service "ledger", not "reader"/);
  });

  it("is refused a name that is none, and one that it had before", async () => {
    const { log, store } = await shop();
    await using running = await service("reader", log, store).start();
    await until("joined", async () => (await running.health()).ready);
    assert.match((await ask(log, { command: "rename-service", handler: "*", to: "no name" })).sentence, /is no service name/);
    assert.match((await ask(log, { command: "rename-service", handler: "*", to: "reader" })).sentence, /already/);
  });
});

describe("a handler that is removed (R13)", () => {
  async function withDeadLetter() {
    const { log, store } = await shop();
    const define = (names: readonly string[], options: Parameters<typeof service>[3] = {}) => {
      const reader = service("reader", log.connect(), store.connect(), { retryDelaysMs: [], ...options });
      for (const name of names)
        reader.on(OrderUpdated, name, async ({ subject, sequence }, ctx) => {
          if (name === "removed" && subject === "bad" && sequence === 1) throw new Error("broken");
          await ctx.tx.put(
            `${name}:${subject}${sequence}`,
            ((await ctx.tx.get<number>(`${name}:${subject}${sequence}`)) ?? 0) + 1,
          );
        });
      return reader;
    };
    const first = await define(["removed", "kept"]).start();
    await log.append([numbered(1), numbered(1, "bad"), numbered(2, "bad")]);
    await until("a dead letter, and one behind it", () =>
      store.unitOfWork(async (unit) => (await unit.parked.counts()).reduce((sum, { count }) => sum + count, 0) === 2),
    );
    await first.close();
    return { log, store, define };
  }

  it("while its events are parked keeps the service from starting, with every other reason in one error", async () => {
    const { define } = await withDeadLetter();
    const problems = await problemsOf(define(["kept", "kept"]).start());
    assert.equal(problems.length, 2);
    assert.match(problems[0]!, /two handlers are named "kept"/);
    assert.match(
      problems[1]!,
      /handler "removed" is not declared any more, and 1 of its events wait and 1 are dead letters; .*removed: \{ "removed": "drop" \}/,
    );
    await using _again = await define(["removed", "kept"]).start();
  });

  it("and dropped counts them as discarded; if it comes back, it goes on with what comes then, and does nothing twice", async () => {
    const { log, store, define } = await withDeadLetter();
    const second = await define(["kept"], { removed: { removed: "drop" } }).start();
    assert.deepEqual(await store.unitOfWork((unit) => unit.parked.counts()), []);
    await until("the letter is answered", async () =>
      (await receipts(log)).some((receipt) => receipt.kind === "event" && receipt.outcome === "discarded"),
    );
    await until("the audit says so, for receipts expire", async () =>
      (await readAll(log, "throughline.audit")).some(({ value }) => Buffer.from(value!).includes('"answer":"discarded"')),
    );
    await log.append([numbered(2), numbered(3, "bad")]);
    await until("the other goes on", () => store.get("kept:bad3") === 1);
    await second.close();
    await using _third = await define(["removed", "kept"]).start();
    await log.append([numbered(4, "bad")]);
    await until("it goes on", () => store.get("removed:bad4") === 1);
    assert.deepEqual(
      store.entries("removed:").map(([key, times]) => [key.slice(8), times]),
      [
        ["bad3", 1],
        ["bad4", 1],
        ["o1", 1],
        ["o2", 1],
      ],
    );
  });

  it("and kept stays in the store", async () => {
    const { store, define } = await withDeadLetter();
    await using _second = await define(["kept"], { removed: { removed: "keep" } }).start();
    assert.equal((await store.unitOfWork((unit) => unit.parked.counts())).length, 2);
  });

  it("is told from one that newer code has added: older code starts beside it", async () => {
    const { log, store } = await shop();
    const define = (names: readonly string[]) => {
      const reader = service("reader", log.connect(), store.connect(), { retryDelaysMs: [60_000] });
      for (const name of names)
        reader.on(name === "added" ? InvoiceCreated : OrderUpdated, name, () => {
          if (name === "added") throw new Error("not yet");
        });
      return reader;
    };
    await (await define(["old"]).start()).close();
    await using _newer = await define(["old", "added"]).start();
    await log.append([eventRecord(InvoiceCreated, { order_id: "o", total: 1 }, 1)]);
    await until("it is parked", () => store.unitOfWork(async (unit) => (await unit.parked.counts()).length === 1));
    await using _older = await define(["old"]).start();
  });
});

describe("a stream that is not seen whole (R12)", () => {
  it("is refused to a sequential handler, though its contract does not say so", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order", compacted: true }]);
    const reader = service("reader", log, store);
    reader.on(OrderUpdated, "note", () => undefined);
    assert.match((await problemsOf(reader.start())).join(), /"sequential", which needs every event.*"order" is compacted/);
  });
});
