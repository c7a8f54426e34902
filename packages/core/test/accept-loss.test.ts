import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EventLog } from "../src/seams/index.ts";
import { deadLetterTopic } from "../src/system-topics/index.ts";
import { ask } from "./controls-harness.ts";
import { eventRecord, InvoiceCreated, isSettled, memory, OrderUpdated, readAll, service, until } from "./harness.ts";

const numbered = (n: number, subject = "o") => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);

async function shop() {
  const { log, store } = memory(1);
  await log.createTopics([{ name: "order" }, { name: "invoice" }]);
  const handled: string[] = [];
  const define = (at: EventLog = log.connect()) => {
    const reader = service("reader", at, store.connect());
    reader.on(OrderUpdated, "follow", ({ subject, sequence }) => void handled.push(`${subject}${sequence}`), {
      reorderWindowMs: 50,
    });
    reader.on(InvoiceCreated, "other", () => undefined);
    return reader;
  };
  return { log, store, handled, define };
}

describe("accept-loss (R3, R10)", () => {
  it("goes on after records that retention removed, told and counted; subjects wait for no number that is gone", async () => {
    const { log, store, handled, define } = await shop();
    const first = await define().start();
    await log.append([numbered(1, "a"), numbered(1, "b")]);
    await until("settled", () => isSettled(log, store, ["order"]));
    await first.close();
    await log.append([numbered(2, "a"), numbered(3, "a"), numbered(2, "b"), numbered(4, "a"), numbered(3, "b")]);
    log.trim("order", 0, 5);
    await using second = await define().start();
    const lost =
      '3 records of order/0 were removed by retention before handler "follow" read them; to go on without them: throughline accept-loss reader follow';
    await until("it stops, and says so", async () => (await second.health()).problems.includes(`handler "follow": ${lost}`));
    assert.equal((await second.health()).ready, true);
    const answer = await ask(log, { command: "accept-loss", handler: "follow" });
    assert.deepEqual(
      [answer.state, answer.sentence],
      ["done", "3 records of order/0 that it never read are given up; it goes on at 5"],
    );
    await until("it goes on with what is left", () => handled.length === 4);
    assert.deepEqual(handled.slice(2).toSorted(), ["a4", "b3"]);
    await log.append([numbered(5, "a"), numbered(4, "b")]);
    await until("in order again", () => handled.length === 6);
    assert.deepEqual((await second.health()).problems, []);
    assert.deepEqual(await readAll(log, deadLetterTopic("reader")), []);
    assert.match((await ask(log, { command: "accept-loss", handler: "follow" })).sentence, /has lost nothing/);
  });

  it("reads a topic that was created again from its beginning", async () => {
    const { log, store, handled, define } = await shop();
    await using running = await define().start();
    await log.append([numbered(1, "a"), numbered(2, "a")]);
    await until("settled", () => isSettled(log, store, ["order"]));
    log.deleteTopic("order");
    await log.createTopics([{ name: "order" }]);
    await log.append([numbered(3, "a"), numbered(7, "b")]);
    await until("it stops", async () => (await running.health()).problems.some((text) => /created again/.test(text)));
    const { state, sentence } = await ask(log, { command: "accept-loss", handler: "follow" });
    assert.deepEqual(
      [state, sentence],
      ["done", 'what was not read of the former topic "order" is given up; the new one is read from its beginning, 2 records'],
    );
    await until("both", () => handled.length === 4);
    assert.deepEqual(handled.toSorted(), ["a1", "a2", "a3", "b7"]);
    await until("no cursor of the former topic is left", async () => {
      const cursors = await store.unitOfWork((unit) => unit.cursors.list({ handlerId: 1, epoch: 1 }));
      return cursors.length === 1 && cursors[0]!.offset === 2;
    });
  });

  it("goes back to the end of a log that has lost records", async () => {
    const { log, store, handled, define } = await shop();
    const first = await define().start();
    await log.append([numbered(1)]);
    await until("settled", () => isSettled(log, store, ["order"]));
    await first.close();
    const [cursor] = await store.unitOfWork((unit) => unit.cursors.list({ handlerId: 1, epoch: 1 }));
    await store.unitOfWork((unit) => unit.cursors.move(cursor!, 1, 5, 0));
    await using second = await define().start();
    await until("it stops", async () =>
      (await second.health()).problems.some((text) => /stands at offset 5 of order\/0, and the log ends at 1/.test(text)),
    );
    const { sentence } = await ask(log, { command: "accept-loss", handler: "follow" });
    assert.equal(sentence, "4 offsets of order/0 that the log no longer has are given up; it goes on at 1");
    await log.append([numbered(2)]);
    await until("it goes on", () => handled.length === 2);
  });
});
