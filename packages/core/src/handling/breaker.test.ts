import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededSurroundings } from "../surroundings/index.ts";
import { Breaker, type Outage } from "./breaker.ts";
import { RunTally } from "./run-tally.ts";
import type { Delivery } from "./delivery.ts";

const delivery = (subject: string): Delivery => ({
  record: { topic: "order", topicId: "t", partition: 0, offset: 0, timestampMs: 0, key: null, value: null, headers: [] },
  event: { subject } as Delivery["event"],
  problem: null,
  type: "order.created",
  parked: null,
});

function breaker() {
  const { clock } = seededSurroundings(1);
  const changes: (Outage | null)[] = [];
  const under = new Breaker(clock, (outage) => changes.push(outage));
  const tell = (
    result: "ok" | "failed",
    count: number,
    options: { subjects?: number; isFirst?: boolean; from?: number } = {},
  ) => {
    const runs = new RunTally();
    const { subjects = count, isFirst = true, from = 0 } = options;
    for (let n = 0; n < count; n++) runs.run(delivery(`o${from + (n % subjects)}`), result, { isFirst });
    under.tell(runs);
  };
  return { clock, changes, under, tell };
}

describe("the breaker of a handler (R6)", () => {
  it("opens when half of 20 events over 5 subjects failed within 30 s", () => {
    const { under, tell, changes } = breaker();
    tell("ok", 10);
    tell("failed", 9, { from: 10 });
    assert.equal(under.isOpen, false);
    tell("failed", 1, { from: 20 });
    assert.equal(under.isOpen, true);
    assert.deepEqual(changes, [{ events: 20, failed: 10 }]);
  });

  it("stays closed below 20 events, below 5 subjects, and below half", () => {
    const few = breaker();
    few.tell("failed", 19);
    assert.equal(few.under.isOpen, false);
    const narrow = breaker();
    narrow.tell("failed", 500, { subjects: 4 });
    assert.equal(narrow.under.isOpen, false);
    const third = breaker();
    for (let n = 0; n < 100; n++) {
      third.tell("ok", 2, { from: n });
      third.tell("failed", 1, { from: n });
    }
    assert.equal(third.under.isOpen, false);
  });

  it("forgets what is older than 30 s", async () => {
    const { clock, under, tell } = breaker();
    tell("failed", 19);
    await clock.advance(31_500);
    tell("failed", 1);
    assert.equal(under.isOpen, false);
    tell("failed", 19);
    assert.equal(under.isOpen, true);
  });

  it("does not count retries: when nothing else comes, they are all that is left of bad events", () => {
    const { under, tell } = breaker();
    tell("failed", 1_000, { isFirst: false });
    assert.equal(under.isOpen, false);
  });

  it("lets one new and one parked event through in a second while it is open, and all while it is closed", async () => {
    const { clock, under, tell } = breaker();
    assert.equal(under.untilTurn("new"), 0);
    tell("failed", 20);
    assert.equal(under.untilTurn("new"), 1_000);
    assert.equal(under.untilTurn("parked"), 1_000);
    await clock.advance(1_000);
    assert.equal(under.untilTurn("new"), 0);
    under.takeTurn("new");
    assert.equal(under.untilTurn("new"), 1_000);
    assert.equal(under.untilTurn("parked"), 0);
  });

  it("closes when events of two subjects succeeded, retries too, and begins to watch anew", () => {
    const { under, tell, changes } = breaker();
    tell("failed", 20);
    tell("ok", 5, { subjects: 1, isFirst: false });
    tell("failed", 50);
    assert.equal(under.isOpen, true);
    tell("ok", 1, { from: 1, isFirst: false });
    assert.equal(under.isOpen, false);
    assert.equal(changes.length, 2);
    tell("failed", 19);
    assert.equal(under.isOpen, false);
  });
});
