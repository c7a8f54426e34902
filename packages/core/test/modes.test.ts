import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isThroughlineError } from "../src/index.ts";
import { eventRecord, isSettled, memory, OrderUpdated, service, until } from "./harness.ts";

const numbered = (n: number, subject = "o") => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);

describe("modes of handlers (R4)", () => {
  it("refuses what does not go together, all at once", async () => {
    const { log, store } = memory(1);
    const broken = service("broken", log, store);
    broken.on(OrderUpdated, "own-overlap", () => undefined, { overlap: true, transaction: "own" });
    broken.on(OrderUpdated, "call-overlap", { call: async () => 1 }, { overlap: true, replay: "run" });
    broken.on(OrderUpdated, "no-switch", () => undefined, { overlap: "yes" as unknown as boolean });
    broken.onBatch(OrderUpdated, "no-function", "nothing" as unknown as () => void);
    broken.onBatch(OrderUpdated, "overlapping-batch", () => undefined, { overlap: true } as object);
    broken.on(OrderUpdated, "many-single", () => undefined, { manyPerSubject: true } as object);
    await assert.rejects(broken.start(), (error) => {
      assert.ok(isThroughlineError(error, "SERVICE_CANNOT_START"));
      for (const phrase of [
        '"own-overlap" is not usable: overlap is for handlers that share a transaction',
        '"call-overlap" is not usable: overlap is for handlers that share a transaction',
        "overlap must be true or false",
        '"no-function" is not usable',
        '"overlapping-batch" is not usable: overlap is for handlers of one event at a time',
        '"many-single" is not usable: manyPerSubject is for onBatch',
      ])
        assert.ok(error.message.includes(phrase), `${phrase} in ${error.message}`);
      return true;
    });
  });

  for (const hidesStatements of [true, false]) {
    it(`a store whose client ${hidesStatements ? "hides" : "shows"} its statements gives each event ${hidesStatements ? "a transaction of its own" : "a share of one"}, unless asked otherwise`, async () => {
      const { log, store } = memory(1);
      await log.createTopics([{ name: "order" }]);
      await log.append([1, 2, 3, 4].map((n) => numbered(n)));
      const transactions = { default: new Set<unknown>(), shared: new Set<unknown>() };
      let current: object = {};
      const hiding = new Proxy(store, {
        get: (target, name) => {
          const value = Reflect.get(target, name) as unknown;
          if (name === "features") return { ...target.features, hidesStatements };
          if (name === "unitOfWork")
            return (...[work, options]: Parameters<typeof store.unitOfWork>) =>
              target.unitOfWork((unit) => {
                const own = { ...unit };
                const { isolate } = unit;
                own.isolate = (run, isolation) => {
                  current = own;
                  return isolate(run, isolation);
                };
                return work(own);
              }, options);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      const reader = service("reader", log, hiding);
      reader.on(OrderUpdated, "default", () => void transactions.default.add(current));
      reader.on(OrderUpdated, "shared", () => void transactions.shared.add(current), { transaction: "shared" });
      await using _running = await reader.start();
      await until("settled", () => isSettled(log, store, ["order"]));
      assert.equal(transactions.default.size, hidesStatements ? 4 : 1);
      assert.equal(transactions.shared.size, 1);
    });
  }

  it("a set-based transaction takes as many events as fit into its time", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const append = () =>
      log.append(Array.from({ length: 400 }, (_, n) => eventRecord(OrderUpdated, { order_id: `o-${n}`, total: n }, null)));
    await append();
    const calls: number[] = [];
    const reader = service("reader", log, store, { settings: { transactionBudgetMs: 20 } });
    reader.onBatch(OrderUpdated, "slow", (events) => {
      calls.push(events.length);
      // Half a millisecond of work for each event.
      const endsAt = performance.now() + events.length / 2;
      while (performance.now() < endsAt);
    });
    await using _running = await reader.start();
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.deepEqual(calls, [400]);
    await append();
    await until("settled again", () => isSettled(log, store, ["order"]));
    // 40 would fit, and twice that is what is tried where time is left.
    assert.ok(
      calls.slice(1).every((count) => count <= 80),
      `${calls.join(", ")} events in a call`,
    );
  });
});
