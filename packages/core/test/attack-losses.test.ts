import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deadLetterTopic } from "../src/system-topics/index.ts";
import { ask } from "./controls-harness.ts";
import { eventRecord, isSettled, memory, OrderUpdated, readAll, service, until } from "./harness.ts";

const numbered = (n: number, subject = "o", sequenceEpoch = 0) =>
  eventRecord(OrderUpdated, { order_id: subject, total: n }, n, { sequenceEpoch });

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

  it("no gap letter is made where a new numbering began among the records that were lost", async () => {
    const { log, store } = await withOrders();
    const handled: string[] = [];
    const define = () => {
      const reader = service("reader", log.connect(), store.connect());
      reader.on(OrderUpdated, "follow", ({ data }) => void handled.push(String(data.total)), {
        reorderWindowMs: 50,
        gapDeadlineMs: 300,
      });
      return reader;
    };
    const first = await define().start();
    await log.append([numbered(1)]);
    await until("live", () => isSettled(log, store, ["order"]));
    await first.close();
    await log.append([numbered(1, "o", 1), numbered(2, "o", 1), numbered(3, "o", 1), numbered(4, "o", 1)]);
    log.trim("order", 0, 3);
    await using running = await define().start();
    await until("it stops", async () => (await running.health()).problems.some((text) => /removed by retention/.test(text)));
    await ask(log, { command: "accept-loss", handler: "follow" });
    await until(
      "it goes on",
      async () => handled.length === 3 || (await readAll(log, deadLetterTopic("reader"))).length > 0,
      6_000,
    );
    assert.deepEqual(await readAll(log, deadLetterTopic("reader")), []);
    assert.deepEqual(handled, ["1", "3", "4"]);
  });

  it("an event that was retried when the loss was accepted makes no gap of what was lost behind it", async () => {
    const { log, store } = await withOrders();
    const handled = new Set<number>();
    let fails = true;
    const define = () => {
      const reader = service("reader", log.connect(), store.connect(), { retryDelaysMs: [1_500] });
      reader.on(
        OrderUpdated,
        "follow",
        ({ sequence }) => {
          if (sequence === 2 && fails) throw new Error("not yet");
          handled.add(sequence ?? 0);
        },
        { reorderWindowMs: 50, gapDeadlineMs: 300 },
      );
      return reader;
    };
    const first = await define().start();
    await log.append([numbered(1), numbered(2)]);
    await until("retried", async () => store.unitOfWork(async (unit) => (await unit.parked.counts()).length === 1));
    await until("passed", async () =>
      (await log.committedOffsets("reader")).some(({ topic, offset }) => topic === "order" && offset === 2),
    );
    await first.close();
    fails = false;
    await log.append([numbered(3), numbered(4), numbered(5)]);
    log.trim("order", 0, 3);
    await using running = await define().start();
    await until("it stops", async () => (await running.health()).problems.some((text) => /removed by retention/.test(text)));
    await ask(log, { command: "accept-loss", handler: "follow" });
    await until(
      "it goes on",
      async () => handled.size === 4 || (await readAll(log, deadLetterTopic("reader"))).length > 0,
      6_000,
    );
    assert.deepEqual(await readAll(log, deadLetterTopic("reader")), []);
    assert.deepEqual([...handled], [1, 2, 4, 5]);
    assert.ok(await isSettled(log, store, ["order"]));
  });
});
