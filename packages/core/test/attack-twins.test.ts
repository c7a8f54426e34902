import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MemoryStore } from "../src/index.ts";
import { eventRecord, isSettled, memory, OrderUpdated, readAll, service, until } from "./harness.ts";

const numbered = (n: number, id: string) => eventRecord(OrderUpdated, { order_id: "o", total: n }, n, { id });

type Work = Parameters<MemoryStore["unitOfWork"]>[0];

describe("an event that comes again while its parked twin is run (R5)", () => {
  it("is a duplicate, wherever in its transaction the twin's commits", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const applied: number[] = [];
    const key = "01900000-0000-7000-8000-00000000000b";
    let comesAgain = false;
    let mayDrain = false;
    // What is parked is run exactly when the live transaction of the second "b" has looked into the inbox.
    const slowed = new Proxy(store, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (name !== "unitOfWork") return typeof value === "function" ? value.bind(target) : value;
        return (work: Work, options?: Parameters<MemoryStore["unitOfWork"]>[1]) =>
          target.unitOfWork(
            (unit) =>
              work({
                ...unit,
                parked: { ...unit.parked, due: async (...about) => (mayDrain ? unit.parked.due(...about) : []) },
                inbox: {
                  ...unit.inbox,
                  find: async (run, keys) => {
                    const found = await unit.inbox.find(run, keys);
                    if (!comesAgain || mayDrain || !keys.includes(key)) return found;
                    mayDrain = true;
                    await until("the twin is run", () => applied.includes(2), 2_500).catch(() => undefined);
                    return found;
                  },
                },
              }),
            options,
          );
      },
    });
    const reader = service("reader", log, slowed, { settings: { maxBatchRecords: 1 } });
    reader.on(OrderUpdated, "follow", ({ sequence }, { tx }) => tx.put(`applied:${sequence}`, applied.push(sequence ?? 0)));
    await using _running = await reader.start();
    await log.append([numbered(2, key), numbered(1, "01900000-0000-7000-8000-00000000000a")]);
    await until("the first is applied", () => applied.includes(1));
    comesAgain = true;
    await log.append([numbered(2, key)]);
    await until("settled", () => isSettled(log, store, ["order"]));
    assert.deepEqual(applied, [1, 2]);
    assert.deepEqual(await readAll(log, "reader.dlt"), []);
  });
});
