import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { openLive } from "../page/api/open-live.ts";

/** What a browser has, moved by hand. */
class Source extends EventTarget {
  static made: Source[] = [];
  readyState = 0;
  constructor() {
    super();
    Source.made.push(this);
  }
  close(): void {
    this.readyState = 2;
  }
  fail(readyState: number): void {
    this.readyState = readyState;
    this.dispatchEvent(new Event("error"));
  }
}

test("what is live is connected to again where the browser gives up, and not where it does not or nobody listens", (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  Object.assign(globalThis, { EventSource: Source });
  t.after(() => {
    mock.timers.reset();
    Reflect.deleteProperty(globalThis, "EventSource");
  });
  const [told, seen]: [string[], unknown[]] = [[], []];
  const stop = openLive("/live", { on: { lag: (data) => seen.push(data) }, tell: (state) => told.push(state) });
  const [first] = Source.made;
  first!.dispatchEvent(new Event("open"));
  first!.dispatchEvent(new MessageEvent("lag", { data: "[1]" }));
  first!.fail(0);
  mock.timers.tick(60_000);
  assert.equal(Source.made.length, 1, "the browser connects by itself");
  first!.fail(2);
  mock.timers.tick(3_000);
  assert.equal(Source.made.length, 2);
  Source.made[1]!.dispatchEvent(new MessageEvent("lag", { data: "[2]" }));
  assert.deepEqual(seen, [[1], [2]]);
  assert.deepEqual(told, ["live", "lost", "lost"]);
  Source.made[1]!.fail(2);
  stop();
  mock.timers.tick(60_000);
  assert.equal(Source.made.length, 2);
});
