import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { coreError } from "../src/errors/index.ts";
import { createMemoryLog, createMemoryStore, type HandlerContext, type MemoryTx, seededSurroundings } from "../src/index.ts";
import { readDeadLetter } from "../src/system-topics/index.ts";
import { eventRecord, isSettled, memory, OrderUpdated, readAll, service, until } from "./harness.ts";

const numbered = (n: number, subject = "o") => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);
const run = { handlerId: 1, epoch: 1 };
type Commit = (subject: string | null, ctx: HandlerContext<MemoryTx>) => Promise<void> | void;

/** A service that makes one call for each of many subjects, which all end at once. */
async function manyAtOnce(subjects: number, commit: Commit) {
  const { log, store } = memory(1);
  await log.createTopics([{ name: "order" }]);
  const gate = Promise.withResolvers<void>();
  const calls = new Map<string, number>();
  const mailer = service("mailer", log, store);
  mailer.on(
    OrderUpdated,
    "send",
    {
      call: async ({ subject }) => {
        calls.set(subject ?? "", (calls.get(subject ?? "") ?? 0) + 1);
        await gate.promise;
      },
      commit: async (_, { subject }, ctx) => {
        await ctx.tx.put(`sent:${subject}`, ((await ctx.tx.lock<number>(`sent:${subject}`)) ?? 0) + 1);
        await commit(subject, ctx);
      },
    },
    { replay: "run", concurrency: subjects },
  );
  const running = await mailer.start();
  await log.append(Array.from({ length: subjects }, (_, index) => numbered(1, `s${index}`)));
  await until("all are called", () => calls.size === subjects);
  return { log, store, running, calls, endAll: gate.resolve };
}

describe("outcomes of calls that share a transaction (R4)", () => {
  it("many outcomes are stored by few transactions", async () => {
    const { log, store, running, endAll } = await manyAtOnce(100, () => undefined);
    await using _running = running;
    let transactions = 0;
    const unitOfWork = store.unitOfWork.bind(store);
    store.unitOfWork = (work, options) => {
      if (options?.readOnly !== true) transactions++;
      return unitOfWork(work, options);
    };
    endAll();
    await until("all are stored", () => store.entries("sent:").length === 100);
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.ok(transactions < 20, `${transactions} transactions for 100 outcomes`);
  });

  it("one commit that fails stands out: the others are stored, and only its event is called again", async () => {
    let failed = 0;
    const { log, store, running, calls, endAll } = await manyAtOnce(20, (subject) => {
      if (subject === "s7" && failed++ === 0) throw new Error("once");
    });
    await using _running = running;
    endAll();
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.deepEqual(
      store.entries("sent:").map(([, value]) => value),
      Array(20).fill(1),
    );
    assert.equal(calls.get("s7"), 2);
    assert.equal([...calls.values()].filter((count) => count > 1).length, 1);
  });

  it("an error at COMMIT that one event causes is found by halving: only that event failed", async () => {
    // By the transaction object of the handler: which of its units of work must not commit.
    const units = new WeakMap<object, { breaks: boolean }>();
    let broken = 0;
    const { log, store, running, calls, endAll } = await manyAtOnce(16, (subject, ctx) => {
      if (subject === "s5") (units.get(ctx.tx) as { breaks: boolean }).breaks = true;
    });
    await using _running = running;
    const unitOfWork = store.unitOfWork.bind(store);
    store.unitOfWork = (work, options) =>
      unitOfWork(async (unit) => {
        const own = { breaks: false };
        const isolate: typeof unit.isolate = (run, isolation) => unit.isolate((tx) => (units.set(tx, own), run(tx)), isolation);
        const result = await work({ ...unit, isolate });
        if (!own.breaks) return result;
        broken++;
        throw new Error("deferred constraint");
      }, options);
    endAll();
    await until("the letter", async () => (await readAll(log, "mailer.dlt")).length === 1);
    assert.equal(Buffer.from(readDeadLetter((await readAll(log, "mailer.dlt"))[0]!)?.original.key ?? "").toString(), "s5");
    // 16, 8, the other 4, 2, and alone: each of the four calls.
    assert.ok(broken >= 4 + 4, `${broken} transactions failed`);
    assert.match(readDeadLetter((await readAll(log, "mailer.dlt"))[0]!)?.letter.error?.message ?? "", /deferred constraint/);
    assert.equal(store.entries("sent:").length, 15);
    assert.equal(calls.get("s5"), 4);
    assert.equal([...calls.values()].filter((count) => count > 1).length, 1);
  });

  it("a statement that would outlive its event ends sharing, and every outcome is stored", async () => {
    const { log, store, running, endAll } = await manyAtOnce(8, (_, ctx) => {
      void ctx;
      if (!alone) {
        alone = true;
        throw coreError("TX_SHARING_ENDED", { statement: "SET x" });
      }
    });
    let alone = false;
    await using _running = running;
    endAll();
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.equal(store.entries("sent:").length, 8);
    const [row] = await store.unitOfWork((unit) => unit.handlers.all());
    assert.equal(row?.ownTransactions, true);
  });

  it("a COMMIT of unknown outcome is settled by the rows: each outcome is stored once", async () => {
    for (const how of ["unknown-committed", "unknown-rolled-back"] as const) {
      let isFirst = true;
      const { log, store, running, endAll } = await manyAtOnce(10, () => {
        if (isFirst) store.failNextCommit(how);
        isFirst = false;
      });
      await using _running = running;
      endAll();
      await until("settled", () => isSettled(log, store, ["order"]));
      assert.deepEqual(
        store.entries("sent:").map(([, value]) => value),
        Array(10).fill(1),
      );
    }
  });
});

describe("leases of calls (R4)", () => {
  it("the attempt and its lease are in the store before the call begins", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const seen: unknown[] = [];
    const mailer = service("mailer", log, store, { instance: "one" });
    mailer.on(
      OrderUpdated,
      "send",
      {
        call: async () => {
          const [row] = await store.unitOfWork((unit) => unit.parked.ofRun(run, 10), { readOnly: true });
          seen.push([row?.lease?.owner, row?.attempts.length, row?.attempts[0]?.endedAtMs]);
        },
      },
      { replay: "run" },
    );
    await using _running = await mailer.start();
    await log.append([numbered(1)]);
    await until("called", () => seen.length === 1);
    assert.deepEqual(seen, [["one", 1, null]]);
  });

  it("the lease of a long call is renewed: another instance does not call, whatever time passes", async () => {
    const surroundings = seededSurroundings(1);
    const log = createMemoryLog({ surroundings, defaultPartitions: 1 });
    const store = createMemoryStore();
    await log.createTopics([{ name: "order" }]);
    const calls: string[] = [];
    const end = Promise.withResolvers<void>();
    const instance = (name: string) => {
      const mailer = service("mailer", log.connect(), store.connect(), { instance: name, surroundings });
      const call = (): Promise<void> => (calls.push(name), end.promise);
      mailer.on(OrderUpdated, "send", { call }, { replay: "run", timeoutMs: 600_000 });
      return mailer.start();
    };
    const one = await instance("one");
    await log.append([numbered(1)]);
    await until("the call", async () => (await surroundings.clock.advance(100), calls.length === 1));
    const two = await instance("two");
    for (let seconds = 0; seconds < 60; seconds++) await surroundings.clock.advance(1_000);
    assert.deepEqual(calls, ["one"]);
    end.resolve();
    await until("settled", async () => (await surroundings.clock.advance(100), isSettled(log, store, ["order"])));
    await Promise.all([one.close(), two.close()]);
    assert.deepEqual(calls, ["one"]);
  });

  it("a provider that hangs past the time limit is an attempt that failed; its signal aborts, and others go on", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const aborted: string[] = [];
    const sent: string[] = [];
    const mailer = service("mailer", log, store);
    mailer.on(
      OrderUpdated,
      "send",
      {
        call: async ({ subject }, { signal }) => {
          if (subject !== "hangs") return void sent.push(subject ?? "");
          signal.addEventListener("abort", () => aborted.push((signal.reason as Error & { code: string }).code));
          await new Promise(() => undefined);
        },
      },
      { replay: "run", timeoutMs: 20, retryDelaysMs: [1] },
    );
    await using _running = await mailer.start();
    await log.append([numbered(1, "hangs"), numbered(1, "a"), numbered(1, "b")]);
    await until("the letter", async () => (await readAll(log, "mailer.dlt")).length === 1);
    assert.deepEqual(aborted, ["HANDLER_TIMEOUT", "HANDLER_TIMEOUT"]);
    assert.deepEqual(sent.toSorted(), ["a", "b"]);
  });

  it("closing ends a call that hangs at the deadline, keeps its attempt open, and frees its lease for others", async () => {
    const { log } = memory(1);
    const store = createMemoryStore({ transactionLimitMs: 200 });
    await log.createTopics([{ name: "order" }]);
    let calls = 0;
    let isAborted = false;
    const hanging = service("mailer", log.connect(), store.connect(), {
      instance: "one",
      timings: { closeTimeoutMs: 300, drainTimeoutMs: 250, sessionTimeoutMs: 10_000 },
    });
    hanging.on(
      OrderUpdated,
      "send",
      {
        call: async (_, { signal }) => {
          calls++;
          signal.addEventListener("abort", () => (isAborted = true));
          await new Promise(() => undefined);
        },
      },
      { replay: "run" },
    );
    const running = await hanging.start();
    await log.append([numbered(1)]);
    await until("the call", () => calls === 1);
    await running.close();
    assert.equal(isAborted, true);
    const [row] = await store.unitOfWork((unit) => unit.parked.ofRun(run, 10));
    assert.equal(row?.state, "waiting");
    assert.deepEqual(
      row.attempts.map(({ endedAtMs, error }) => [endedAtMs, error]),
      [[null, null]],
    );
    assert.ok((row.lease?.untilMs ?? 0) < Date.now(), "nobody has to wait for its lease to run out");
  });

  it("two instances whose leases ran out in between: the first commit wins, and a late failure does not disturb the other's call", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const open = new Map<string, PromiseWithResolvers<void>>();
    const instance = (name: string) => {
      const mailer = service("mailer", log.connect(), store.connect(), { instance: name });
      mailer.on(
        OrderUpdated,
        "send",
        {
          call: () => {
            open.set(name, Promise.withResolvers<void>());
            return open.get(name)!.promise;
          },
          commit: async (_, __, ctx) => ctx.tx.put("commits", [...((await ctx.tx.lock<string[]>("commits")) ?? []), name]),
        },
        { replay: "run", order: "any" },
      );
      return mailer.start();
    };
    await using _one = await instance("one");
    await log.append([numbered(1)]);
    await until("the first call", () => open.has("one"));
    await using _two = await instance("two");
    await store.unitOfWork((unit) => unit.parked.ofRun(run, 1).then(([row]) => unit.parked.renewLeases([row!.id], "one", 1)));
    await until("the second call", () => open.has("two"));
    open.get("one")!.reject(new Error("too late"));
    await new Promise((resolve) => setTimeout(resolve, 30));
    const [row] = await store.unitOfWork((unit) => unit.parked.ofRun(run, 10));
    assert.equal(row?.lease?.owner, "two", "its lease is still its own");
    open.get("two")!.resolve();
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.deepEqual(store.get("commits"), ["two"]);
    assert.equal((await readAll(log, "mailer.dlt")).length, 0);
  });
});
