import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EventLog, MemoryLog, MemoryStore } from "../src/index.ts";
import { unpackDurations } from "../src/system-topics/index.ts";
import { eventRecord, forgetReports, isSettled, memory, OrderUpdated, receipts, service, until } from "./harness.ts";

const numbered = (n: number) => eventRecord(OrderUpdated, { order_id: "o", total: n }, n);

/** Offsets that ranges say were applied, each as often as they say it. */
async function reported(log: MemoryLog): Promise<number[]> {
  return (await receipts(log))
    .flatMap((receipt) => {
      if (receipt.kind !== "range") return [];
      return unpackDurations(receipt.applied).flatMap((micros, i) => (micros === null ? [] : [receipt.from + i]));
    })
    .sort((a, b) => a - b);
}

async function marks(store: MemoryStore): Promise<[offset: number, reported: number][]> {
  const cursors = await store.unitOfWork((unit) => unit.cursors.list());
  return cursors.filter(({ topic }) => topic === "order").map(({ offset, reportedOffset }) => [offset, reportedOffset]);
}

/** What `intercept` does not answer with a promise of its own goes to the target. */
function intercepted<T extends object>(target: T, intercept: (name: string | symbol, call: () => unknown) => unknown): T {
  return new Proxy(target, {
    get: (object, name) => {
      const value = Reflect.get(object, name) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => intercept(name, () => value.apply(object, args) as unknown);
    },
  });
}

describe("no receipt is missing (R9), and none waits for a restart", () => {
  it("of events whose COMMIT was lost together with the store, and that nothing follows", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    let lost = 0;
    const failing = intercepted(store, (name, call) => {
      const result = call();
      if (name !== "unitOfWork") return result;
      return (result as Promise<unknown>).catch((error: unknown) => {
        if ((error as { code?: string }).code === "COMMIT_UNKNOWN") {
          lost++;
          store.unavailable(true);
          setTimeout(() => store.unavailable(false), 100);
        }
        throw error;
      });
    });
    const reader = service("reader", log, failing);
    let doomed = Number.POSITIVE_INFINITY;
    reader.on(OrderUpdated, "follow", async ({ sequence }, ctx) => {
      await ctx.tx.insert(`event:${sequence}`, true);
      if (sequence === doomed) store.failNextCommit("unknown-committed");
    });
    await using _running = await reader.start();
    await log.append([numbered(1), numbered(2)]);
    await until("both are reported", async () => (await reported(log)).length === 2);
    doomed = 5;
    await log.append([numbered(3), numbered(4), numbered(5)]);
    await until("all are handled", () => store.entries("event:").length === 5);
    assert.equal(lost, 1);
    await until("all are reported", async () => new Set(await reported(log)).size === 5);
    await until("and the store knows it", async () => (await marks(store)).every(([offset, mark]) => mark === offset));
    assert.deepEqual(await reported(log), [0, 1, 2, 3, 4]);
  });

  it("of events from before a start at which the log could not be read back", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    let isAway = false;
    let refused = 0;
    const failing = intercepted<EventLog>(log.connect(), (name, call) => {
      if (name !== "read" || !isAway) return call();
      refused++;
      throw new Error("the brokers are away");
    });
    const define = () => {
      const reader = service("reader", failing, store.connect());
      reader.on(OrderUpdated, "follow", () => undefined);
      return reader;
    };
    const running = await define().start();
    await log.append([numbered(1), numbered(2), numbered(3)]);
    await until("all are reported", async () => (await reported(log)).length === 3);
    await running.close();
    await forgetReports(store);
    isAway = true;
    await using _running = await define().start();
    await until("it was tried", () => refused > 0);
    isAway = false;
    await until("they are reported again", async () => (await reported(log)).length === 6);
    await until("and the store knows it", async () => (await marks(store)).every(([offset, mark]) => mark === offset));
    assert.deepEqual(await reported(log), [0, 0, 1, 1, 2, 2]);
  });

  it("of offsets that hold no record any more the mark passes, too", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const define = () => {
      const reader = service("reader", log.connect(), store.connect());
      reader.on(OrderUpdated, "follow", () => undefined);
      return reader;
    };
    const running = await define().start();
    await log.append([numbered(1), numbered(2), numbered(3), numbered(4)]);
    await until("handled", () => isSettled(log, store, ["order"]));
    await running.close();
    await forgetReports(store);
    log.trim("order", 0, 4);
    await using _running = await define().start();
    await until("the mark has passed them", async () => (await marks(store)).every(([offset, mark]) => mark === offset));
  });
});
