import assert from "node:assert/strict";
import { it } from "node:test";
import type { Clock } from "../seams/runtime.ts";
import { LoopWatch } from "./loop-watch.ts";

it("a loop that does not turn is stuck after a minute, one that rests is not, and one that turns again is no longer", () => {
  let nowMs = 0;
  const watch = new LoopWatch({ monotonic: () => nowMs } as Clock);
  const relay = watch.loop("the outbox relay");
  const idle = watch.loop("an idle one");
  idle.turn();
  idle.rest();
  relay.turn();
  nowMs = 60_000;
  assert.deepEqual(watch.stuck(), []);
  nowMs = 61_000;
  assert.deepEqual(watch.stuck(), ["the outbox relay stands still: it has not moved for 61 s"]);
  relay.turn();
  assert.deepEqual(watch.stuck(), []);
});
