import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ask } from "./controls-harness.ts";
import { eventRecord, isSettled, memory, OrderUpdated, service, until } from "./harness.ts";

const numbered = (n: number, subject = "o") => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);

async function withOrders() {
  const { log, store } = memory(1);
  await log.createTopics([{ name: "order" }]);
  return { log, store };
}

describe("attack: accepted losses (R3, R10)", () => {
  it("a handler that stopped while it ran goes on, however soon the loss is accepted", async () => {
    const { log, store } = await withOrders();
    const handled: string[] = [];
    const reader = service("reader", log, store);
    const { promise: gate, resolve: release } = Promise.withResolvers<void>();
    reader.on(OrderUpdated, "follow", async ({ subject }) => {
      handled.push(String(subject));
      if (subject === "s0") await gate;
    });
    await using running = await reader.start();
    await log.append([numbered(1, "a")]);
    await until("live", () => isSettled(log, store, ["order"]));
    // A handler with a limit reads by itself.
    await ask(log, { command: "limit", handler: "follow", perSecond: 1e6, untilMs: null });
    await log.append(Array.from({ length: 700 }, (_, n) => numbered(1, `s${n}`)));
    await until("it reads the first half", () => handled.includes("s0"));
    log.trim("order", 0, 650);
    release();
    await until("it stops", async () => (await running.health()).problems.some((text) => /removed by retention/.test(text)));
    const answer = await ask(log, { command: "accept-loss", handler: "follow" });
    assert.equal(answer.state, "done");
    await until("it goes on", () => handled.includes("s699"), 6_000);
  });
});
