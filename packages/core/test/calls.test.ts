import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isThroughlineError } from "../src/index.ts";
import { readDeadLetter } from "../src/system-topics/index.ts";
import { eventRecord, InvoiceCreated, isSettled, memory, OrderUpdated, readAll, receipts, service, until } from "./harness.ts";

const numbered = (n: number, subject = "o", id?: string) =>
  eventRecord(OrderUpdated, { order_id: subject, total: n }, n, id === undefined ? {} : { id });

describe("call handlers (R4, external)", () => {
  it("call outside of every transaction, in order within a subject, and commit once", async () => {
    const { log, store } = memory(2);
    await log.createTopics([{ name: "order" }]);
    const calls: string[] = [];
    let running = 0;
    let most = 0;
    const mailer = service("mailer", log, store);
    mailer.on(
      OrderUpdated,
      "send",
      {
        call: async ({ subject, sequence }, { idempotencyKey }) => {
          most = Math.max(most, ++running);
          assert.match(idempotencyKey, /^0190/);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          calls.push(`${subject}:${sequence}`);
          return sequence ?? 0;
        },
        commit: async (sent, { subject, data }, ctx) => {
          await ctx.tx.put(`sent:${subject}:${sent}`, true);
          await ctx.publish(InvoiceCreated, data);
        },
      },
      { replay: "run" },
    );
    await using _running = await mailer.start();
    for (const n of [1, 2, 3]) for (const subject of ["a", "b", "c"]) await log.append([numbered(n, subject)]);
    await until("all are sent", () => store.entries("sent:").length === 9);
    for (const subject of ["a", "b", "c"])
      assert.deepEqual(
        calls.filter((call) => call.startsWith(subject)),
        [`${subject}:1`, `${subject}:2`, `${subject}:3`],
      );
    assert.equal(calls.length, 9);
    assert.ok(most > 1, "subjects are called side by side");
    await until("what they published is in the log", async () => (await readAll(log, "invoice")).length === 9);
  });

  it("a record that comes twice is called once", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    let calls = 0;
    const mailer = service("mailer", log, store);
    mailer.on(OrderUpdated, "send", { call: async () => void calls++ }, { replay: "run" });
    mailer.on(OrderUpdated, "send-unordered", { call: async () => void calls++ }, { replay: "run", order: "any" });
    await using _running = await mailer.start();
    const id = "01900000-0000-7000-8000-0000000000aa";
    await log.append([numbered(1, "o", id), numbered(1, "o", id), numbered(1, "o", id)]);
    await until("settled", () => isSettled(log, store, ["order"]));
    await log.append([numbered(1, "o", id)]);
    await until("settled again", () => isSettled(log, store, ["order"]));
    assert.equal(calls, 2);
  });

  it("a failing call is retried with the same key, becomes a dead letter, and holds its subject", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const keys = new Set<string>();
    let calls = 0;
    const mailer = service("mailer", log, store);
    mailer.on(
      OrderUpdated,
      "send",
      {
        call: async ({ sequence }, { idempotencyKey }) => {
          if (sequence !== 1) throw new Error("must wait");
          calls++;
          keys.add(idempotencyKey);
          throw new Error("provider is down");
        },
      },
      { replay: "run" },
    );
    await using _running = await mailer.start();
    await log.append([numbered(1), numbered(2)]);
    await until("the letter", async () => (await readAll(log, "mailer.dlt")).length === 1);
    assert.equal(calls, 4);
    assert.equal(keys.size, 1);
    const [record] = await readAll(log, "mailer.dlt");
    assert.equal(readDeadLetter(record!)?.letter.attempts.length, 4);
  });

  it("a call that was under way when its process died is made again with the same key", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const keys: string[] = [];
    const first = service("mailer", log.connect(), store.connect(), { instance: "one" });
    const hang = {
      call: async (_: unknown, { idempotencyKey }: { idempotencyKey: string }) => (
        keys.push(idempotencyKey),
        new Promise(() => undefined)
      ),
    };
    first.on(OrderUpdated, "send", hang, { replay: "run", order: "any" });
    await first.start();
    await log.append([numbered(1)]);
    await until("the call", () => keys.length === 1);
    // What a kill leaves behind: a lease that nobody renews.
    await store.unitOfWork(async (unit) => {
      const [row] = await unit.parked.ofRun({ handlerId: 1, epoch: 1 }, 10);
      assert.equal(row?.attempts.length, 1);
      await unit.parked.update([{ ...row, lease: { owner: "dead", untilMs: 1 }, dueAtMs: 1 }]);
    });
    const second = service("mailer", log.connect(), store.connect(), { instance: "two" });
    second.on(
      OrderUpdated,
      "send",
      { call: async (_, { idempotencyKey }) => void keys.push(idempotencyKey) },
      { replay: "run", order: "any" },
    );
    await using _second = await second.start();
    await until("it is called again", () => keys.length === 2);
    assert.equal(keys[0], keys[1]);
    await until("applied", async () =>
      (await receipts(log)).some((receipt) => receipt.kind === "event" && receipt.outcome === "applied"),
    );
  });

  it("an attempt of unknown outcome whose key may have expired is a dead letter, reason uncertain; check decides where there is one", async () => {
    for (const check of [undefined, async () => "it happened"]) {
      const { log, store } = memory(1);
      await log.createTopics([{ name: "order" }]);
      let calls = 0;
      const committed: unknown[] = [];
      const mailer = service("mailer", log, store);
      mailer.on(
        OrderUpdated,
        "send",
        {
          call: async () => void calls++,
          commit: (result) => void committed.push(result),
          ...(check === undefined ? {} : { check }),
        },
        { replay: "run", order: "any" },
      );
      await using _running = await mailer.start();
      await store.unitOfWork(async (unit) => {
        const [handler] = (await unit.handlers.all()).filter(({ name }) => name === "send");
        await log.append([numbered(1)]);
        const [record] = await readAll(log, "order");
        const attempt = {
          startedAtMs: Date.now() - 48 * 3_600_000,
          endedAtMs: null,
          instance: "dead",
          version: "1",
          error: null,
        };
        await unit.parked.add([
          {
            id: "01900000-0000-7000-8000-0000000000ff",
            handlerId: handler!.id,
            epoch: 1,
            stream: "order",
            subject: "",
            sequence: null,
            sequenceEpoch: 0,
            eventKey: "k",
            state: "waiting",
            reason: "call",
            dueAtMs: 1,
            logDueMs: null,
            attempts: [attempt],
            handled: true,
            record: {
              ...record!,
              headers: record!.headers.filter(([name]) => name !== "ce_id").concat([["ce_id", Buffer.from("old")]]),
            },
            edited: null,
            lease: null,
            parkedAtMs: 1,
          },
        ]);
      });
      if (check === undefined) {
        await until("the letter", async () => (await readAll(log, "mailer.dlt")).length === 1);
        assert.equal(readDeadLetter((await readAll(log, "mailer.dlt"))[0]!)?.letter.reason, "uncertain");
      } else {
        await until("the check's answer is committed", () => committed.includes("it happened"));
      }
      await until("the ordinary one was called", () => calls === 1);
    }
  });

  it("a commit that fails is an attempt of the event, and the call is made again", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    let commits = 0;
    const mailer = service("mailer", log, store);
    mailer.on(
      OrderUpdated,
      "send",
      {
        call: async () => 1,
        commit: async (_, __, ctx) => {
          if (++commits < 3) throw new Error("not yet");
          await ctx.tx.put("done", true);
        },
      },
      { replay: "run" },
    );
    await using _running = await mailer.start();
    await log.append([numbered(1)]);
    await until("it is done", () => store.get("done") === true);
    assert.equal(commits, 3);
  });

  it("must say whether it calls for history", async () => {
    const { log, store } = memory(1);
    const mailer = service("mailer", log, store);
    mailer.on(OrderUpdated, "send", { call: async () => 1 });
    await assert.rejects(
      mailer.start(),
      (error) => isThroughlineError(error, "SERVICE_CANNOT_START") && /replay: "run"/.test(error.message),
    );
  });

  it("that skips history calls only for what comes later", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    await log.append([numbered(1, "old")]);
    const called: (string | null)[] = [];
    const mailer = service("mailer", log, store);
    mailer.on(OrderUpdated, "send", { call: async ({ subject }) => void called.push(subject) }, { replay: "skip" });
    await using _running = await mailer.start();
    await log.append([numbered(1, "new")]);
    await until("the new one", () => called.length === 1);
    assert.deepEqual(called, ["new"]);
  });
});
