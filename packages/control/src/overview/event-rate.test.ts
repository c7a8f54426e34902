import assert from "node:assert/strict";
import { test } from "node:test";
import type { Traffic, TypeSeen } from "../index-store/traffic.ts";
import { eventRateOf, rateText } from "./event-rate.ts";

const minuteMs = 60_000;
const nowMs = 1_000 * minuteMs + 30_000;

/** An index of a log to which 20 events a second come from a time on, and that counts them by the minute. */
function steady(firstMs: number) {
  const traffic = async (sinceMs: number): Promise<Traffic[]> => {
    const fromMs = Math.max(firstMs, Math.floor(sinceMs / minuteMs) * minuteMs);
    return [{ topic: "order", type: "order.created", source: "orders", count: ((nowMs - fromMs) / 1_000) * 20 }];
  };
  return { traffic, typesSeen: async () => [{ firstMs } as TypeSeen] };
}

test("a steady stream has the same rate however short it was watched", async () => {
  for (const agoMs of [minuteMs, 90_000, 4 * minuteMs, 86_400_000]) {
    const rate = await eventRateOf(steady(nowMs - agoMs), nowMs);
    assert.ok(rate !== null && rate !== "measured");
    assert.equal(Math.round(rate.perMinute), 1_200, `${agoMs} ms`);
  }
  assert.equal(rateText({ perMinute: 1_200.4, overMs: 330_000 }), "1,200 events a minute in the last 5 minutes.");
});

test("of less than a minute no rate is told, and where no event ever came there is none", async () => {
  assert.equal(await eventRateOf(steady(nowMs - 59_000), nowMs), "measured");
  assert.equal(await eventRateOf({ traffic: async () => [], typesSeen: async () => [] }, nowMs), null);
});
