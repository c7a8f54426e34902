import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventRecord, OrderUpdated } from "./harness.ts";
import { Processes } from "./lives.ts";

const numbered = (n: number, subject: string) => eventRecord(OrderUpdated, { order_id: subject, total: n }, n);

/** A service whose handler "suspect" has killed two processes, and beside it one that calls; its third process runs. */
async function suspected() {
  const { promise: alone, resolve: release } = Promise.withResolvers<void>();
  const { promise: provider, resolve: answer } = Promise.withResolvers<void>();
  const seen = { isAlone: false, calls: 0, atOnce: 0, running: 0 };
  const processes = new Processes((service, process) => {
    service.on(OrderUpdated, "suspect", async ({ subject }) => {
      if (subject !== "killer") return;
      if (processes.deaths < 2) await process.kill();
      seen.isAlone = true;
      await alone;
    });
    const call = async (): Promise<void> => {
      seen.calls++;
      seen.atOnce = Math.max(seen.atOnce, ++seen.running);
      await provider;
      seen.running--;
    };
    // Not before, or its calls would be suspected, too.
    if (processes.deaths === 2) service.on(OrderUpdated, "send", { call }, { replay: "run", concurrency: 2 });
  });
  await processes.log.createTopics([{ name: "order" }]);
  await processes.log.append(["killer", "a", "b", "c", "d", "e", "f", "g"].map((subject) => numbered(1, subject)));
  while (processes.deaths < 2) {
    const process = await processes.start();
    await processes.until("it dies", () => !process.isAlive);
  }
  return { processes, seen, release, answer };
}

describe("attack: who waits for an event that runs alone", () => {
  it("calls that waited begin no more at once than they may", async () => {
    const { processes, seen, release, answer } = await suspected();
    const process = await processes.start();
    await processes.until("it runs alone", () => seen.isAlone);
    for (let i = 0; i < 15; i++) await processes.surroundings.clock.advance(20);
    release();
    await processes.until("calls are made", () => seen.calls >= 2);
    for (let i = 0; i < 5; i++) await processes.surroundings.clock.advance(20);
    assert.equal(seen.atOnce, 2);
    answer();
    await processes.until("all are called", () => seen.calls >= 8);
    await processes.close(process);
    assert.equal(seen.atOnce, 2);
  });

  it("calls that waited when the service began to close are left to others", async () => {
    const { processes, seen, release, answer } = await suspected();
    const process = await processes.start();
    await processes.until("it runs alone", () => seen.isAlone);
    for (let i = 0; i < 15; i++) await processes.surroundings.clock.advance(20);
    const closed = processes.close(process);
    release();
    await closed;
    assert.equal(seen.calls, 0);
    answer();
    const next = await processes.start();
    await processes.until("another one calls, and waits for no lease", () => seen.calls === 8);
    await processes.close(next);
  });
});
