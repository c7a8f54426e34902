import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Contention } from "./contention.ts";

function commits(contention: Contention, count: number): void {
  for (let i = 0; i < count; i++) contention.committed(500);
}

describe("the contention of a handler (R4)", () => {
  it("cuts concurrency first, and batches only when that is not enough", () => {
    const contention = new Contention();
    assert.deepEqual([contention.isSerial, contention.limit], [false, Infinity]);
    assert.equal(contention.conflicted(500, false), true);
    assert.deepEqual([contention.isSerial, contention.limit], [true, Infinity]);
    // It had begun before.
    assert.equal(contention.conflicted(500, false), false);
    assert.deepEqual([contention.isSerial, contention.limit], [true, Infinity]);
    contention.conflicted(500, true);
    contention.conflicted(250, true);
    assert.deepEqual([contention.isSerial, contention.limit], [true, 125]);
    // One of a single record says nothing about the size of the others.
    contention.conflicted(1, true);
    assert.equal(contention.limit, 125);
    for (let i = 0; i < 10; i++) contention.conflicted(Math.max(2, contention.limit), true);
    assert.equal(contention.limit, 1);
  });

  it("gives batches back first, then concurrency, each after many commits", () => {
    const contention = new Contention();
    contention.conflicted(500, false);
    contention.conflicted(500, true);
    commits(contention, 63);
    assert.deepEqual([contention.isSerial, contention.limit], [true, 250]);
    commits(contention, 1);
    assert.deepEqual([contention.isSerial, contention.limit], [true, 500]);
    commits(contention, 63);
    assert.equal(contention.isSerial, true);
    commits(contention, 1);
    assert.deepEqual([contention.isSerial, contention.limit], [false, Infinity]);
  });

  it("waits longer after it gave back too early", () => {
    const contention = new Contention();
    contention.conflicted(500, false);
    commits(contention, 64);
    assert.equal(contention.isSerial, false);
    contention.conflicted(500, false);
    commits(contention, 64);
    assert.equal(contention.isSerial, true);
    commits(contention, 64);
    assert.equal(contention.isSerial, false);
  });

  it("runs one after the other, in the order in which they came, whatever comes of them", async () => {
    const contention = new Contention();
    const order: string[] = [];
    const first = Promise.withResolvers<void>();
    const running = [
      contention.inTurn(async () => {
        await first.promise;
        order.push("first");
        throw new Error("a mistake");
      }),
      contention.inTurn(async () => order.push("second")),
    ];
    await Promise.resolve();
    first.resolve();
    await Promise.allSettled(running);
    assert.deepEqual(order, ["first", "second"]);
  });
});
