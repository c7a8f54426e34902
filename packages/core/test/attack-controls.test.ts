import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MemoryStore } from "../src/index.ts";
import { ask } from "./controls-harness.ts";
import { eventRecord, memory, OrderUpdated, service, until } from "./harness.ts";

const numbered = (n: number, subject = "o") => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);

async function withOrders() {
  const { log, store } = memory(1);
  await log.createTopics([{ name: "order" }]);
  return { log, store };
}

/** How often the store was asked for work while `during` ran. */
async function asked(store: MemoryStore, during: () => Promise<void>): Promise<number> {
  const { unitOfWork } = store;
  let count = 0;
  Object.assign(store, {
    unitOfWork: (...args: Parameters<typeof unitOfWork>) => {
      count++;
      return unitOfWork(...args);
    },
  });
  await during();
  return count;
}

describe("attack: controls of calls and of what is parked (R16)", () => {
  it("a paused handler of calls does not ask the store all the time", async () => {
    const { log, store } = await withOrders();
    const mailer = service("reader", log, store, { retryDelaysMs: [1_000] });
    let fails = true;
    mailer.on(
      OrderUpdated,
      "send",
      {
        call: async () => {
          if (fails) throw new Error("away");
        },
      },
      { replay: "run" },
    );
    await using _running = await mailer.start();
    await log.append([numbered(1)]);
    await until("it waits for its retry", async () =>
      store.unitOfWork(async (unit) => (await unit.parked.counts()).some(({ reason }) => reason === "retry")),
    );
    fails = false;
    await ask(log, { command: "pause", handler: "send", untilMs: null });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const count = await asked(store, () => new Promise((resolve) => setTimeout(resolve, 1_000)));
    assert.ok(count < 50, `asked ${count} times in a second`);
  });

  it("a limit lets as many calls be made as it says", async () => {
    const { log, store } = await withOrders();
    const mailer = service("reader", log, store);
    let calls = 0;
    mailer.on(OrderUpdated, "send", { call: async () => void calls++ }, { replay: "run" });
    await using running = await mailer.start();
    await until("joined", async () => (await running.health()).ready);
    await ask(log, { command: "limit", handler: "send", perSecond: 40, untilMs: null });
    await log.append(Array.from({ length: 120 }, (_, n) => numbered(1, `s${n}`)));
    await until("all are called", () => calls === 120, 4_500);
  });

  it("a limit that takes the place of a lower one holds at once for what is parked", async () => {
    const { log, store } = await withOrders();
    const mailer = service("reader", log, store);
    let calls = 0;
    mailer.on(OrderUpdated, "send", { call: async () => void calls++ }, { replay: "run" });
    await using running = await mailer.start();
    await until("joined", async () => (await running.health()).ready);
    await ask(log, { command: "limit", handler: "send", perSecond: 0.02, untilMs: null });
    await log.append([numbered(1, "a"), numbered(1, "b"), numbered(1, "c")]);
    await until("the first", () => calls === 1);
    await ask(log, { command: "limit", handler: "send", perSecond: 100, untilMs: null });
    await until("the others", () => calls === 3, 6_000);
  });

  it("a limit that takes the place of a lower one holds at once for what is drained", async () => {
    const { log, store } = await withOrders();
    const reader = service("reader", log, store);
    let runs = 0;
    reader.on(OrderUpdated, "note", () => void runs++);
    await using running = await reader.start();
    await until("joined", async () => (await running.health()).ready);
    await ask(log, { command: "hold", handler: "*", subject: "b", tenant: null, untilMs: null });
    await log.append([1, 2, 3].map((n) => numbered(n, "b")));
    await until("all are parked", () =>
      store.unitOfWork(async (unit) => (await unit.parked.counts()).reduce((sum, { count }) => sum + count, 0) === 3),
    );
    await ask(log, { command: "limit", handler: "note", perSecond: 0.02, untilMs: null });
    await ask(log, { command: "release", handler: "*", subject: "b", tenant: null });
    await until("the first one", () => runs === 1);
    await ask(log, { command: "limit", handler: "note", perSecond: 100, untilMs: null });
    await until("the others", () => runs === 3, 6_000);
  });
});
