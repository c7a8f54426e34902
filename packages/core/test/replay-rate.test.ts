import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { createMemoryLog, createMemoryStore, type Running, seededSurroundings } from "../src/index.ts";
import { commandRecord, type ReplayControl } from "../src/system-topics/index.ts";
import { eventRecord, OrderUpdated, service } from "./harness.ts";
import { everything } from "./replay-harness.ts";

/** Instances of a reader on one virtual clock, with a history that each has handled live. */
class Readers {
  readonly surroundings = seededSurroundings(7);
  readonly log = createMemoryLog({ surroundings: this.surroundings, defaultPartitions: 1 });
  readonly store = createMemoryStore();
  /** Virtual times at which an event was replayed. */
  readonly replayed: number[] = [];
  readonly #running: Running[] = [];

  async open(instances: number, events: number): Promise<this> {
    // Many, so that each instance has some of them.
    await this.log.createTopics([{ name: "order", partitions: 12 }]);
    for (let n = 0; n < instances; n++) {
      const reader = service("reader", this.log.connect(), this.store.connect(), {
        instance: `reader-${n}`,
        surroundings: this.surroundings,
      });
      reader.on(OrderUpdated, "note", async ({ id }, { tx, epoch }) => {
        await tx.insert(`epoch${epoch}:${id}`, true);
        if (epoch > 1) this.replayed.push(this.surroundings.clock.now());
      });
      this.#running.push(await this.during(reader.start()));
    }
    const atMs = this.surroundings.clock.now();
    for (let n = 0; n < events; n++)
      await this.log.append([eventRecord(OrderUpdated, { order_id: `s${n}`, total: n }, 1, { timestampMs: atMs })]);
    await this.passUntil(() => this.store.entries("epoch1:").length === events);
    return this;
  }

  async during<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    work.then(settle, settle);
    await this.passUntil(() => isSettled);
    return work;
  }

  async passUntil(condition: () => boolean): Promise<void> {
    for (let i = 0; !condition(); i++) {
      assert.ok(i < 6_000, `it does not happen: ${condition.toString()}`);
      await this.surroundings.clock.advance(20);
    }
  }

  async rerun(ratePerSecond: number): Promise<string> {
    const commandId = randomUUID();
    const about = { commandId, service: "reader", handler: "note", by: "ann", reason: null, atMs: 0 };
    await this.log.append([
      commandRecord({ command: "replay", kind: "rerun", range: everything, ratePerSecond, publish: false, ...about }),
    ]);
    return commandId;
  }

  async control(command: ReplayControl["command"], replayId: string): Promise<void> {
    const about = { commandId: randomUUID(), service: "reader", handler: "note", by: "ann", reason: null, atMs: 0 };
    await this.log.append([commandRecord({ command, replayId, ...about })]);
  }

  async close(): Promise<void> {
    for (const running of this.#running) await this.during(running.close());
  }
}

describe("the rate of a replay (R8)", () => {
  for (const instances of [1, 2])
    it(`is kept within 5 % by ${instances === 1 ? "one instance" : "two instances together"}`, async () => {
      const readers = await new Readers().open(instances, 1_600);
      await readers.rerun(100);
      await readers.passUntil(() => readers.replayed.length === 1_600);
      const { replayed } = readers;
      await readers.close();
      // From where both have heard of it, to before the partitions end.
      const between = replayed.filter((atMs) => atMs >= (replayed[0] ?? 0) + 3_000 && atMs < (replayed[0] ?? 0) + 13_000);
      assert.ok(Math.abs(between.length - 1_000) <= 50, `${between.length} in 10 s`);
    });

  it("is nothing while it is paused, and goes on where it stood; a cancelled one is over at once", async () => {
    const readers = await new Readers().open(2, 400);
    const replayed = (epoch: number): number => readers.store.entries(`epoch${epoch}:`).length;
    const id = await readers.rerun(100);
    await readers.passUntil(() => replayed(2) >= 100);
    await readers.control("replay-pause", id);
    // An instance that did not carry it out looks every two seconds.
    await readers.surroundings.clock.advance(2_500);
    const stoodAt = replayed(2);
    assert.ok(stoodAt < 400);
    await readers.surroundings.clock.advance(10_000);
    assert.equal(replayed(2), stoodAt);
    await readers.control("replay-resume", id);
    await readers.passUntil(() => replayed(2) === 400);

    // Until it is known to be done.
    await readers.surroundings.clock.advance(2_500);
    const again = await readers.rerun(100);
    await readers.passUntil(() => replayed(3) >= 100);
    await readers.control("replay-cancel", again);
    await readers.surroundings.clock.advance(1_000);
    const cancelledAt = replayed(3);
    await readers.surroundings.clock.advance(10_000);
    assert.equal(replayed(3), cancelledAt);
    assert.ok(cancelledAt < 400);
    const left = await readers.during(
      readers.store.unitOfWork(async (unit) => [
        ...(await unit.cursors.list({ handlerId: 1, epoch: 3 })),
        ...(await unit.parked.ofRun({ handlerId: 1, epoch: 3 }, 10)),
      ]),
    );
    assert.deepEqual(left, []);
    assert.equal(readers.store.entries("epoch1:").length, 400);
    await readers.close();
  });
});
