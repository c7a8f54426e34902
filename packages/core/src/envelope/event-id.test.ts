import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { Surroundings } from "../seams/runtime.ts";
import { derivedEventId, eventKey, newEventId } from "./event-id.ts";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIME_MS = Date.UTC(2026, 1, 3);

function surroundings(timeMs: number, filling: number): Surroundings {
  return {
    clock: { now: () => timeMs, monotonic: () => 0, after: () => ({ cancel() {} }) },
    random: { next: () => 0, fill: (bytes) => bytes.fill(filling) },
  };
}

const timeOf = (id: string): number => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);

describe("a new event id", () => {
  test("is a UUIDv7 of the clock's time and the randomness it was given", () => {
    assert.equal(newEventId(surroundings(0x0123456789ab, 0xff)), "01234567-89ab-7fff-bfff-ffffffffffff");
    assert.equal(newEventId(surroundings(0x0123456789ab, 0x00)), "01234567-89ab-7000-8000-000000000000");
  });

  test("sorts after one of an earlier millisecond", () => {
    assert.ok(newEventId(surroundings(TIME_MS, 0xff)) < newEventId(surroundings(TIME_MS + 1, 0)));
  });
});

describe("a derived event id", () => {
  test("is the same for the same cause, handler and ordinal, and differs with each of them", () => {
    const id = derivedEventId("cause", TIME_MS, "invoice", 0);
    assert.match(id, UUID_V7);
    assert.equal(timeOf(id), TIME_MS);
    assert.equal(id, derivedEventId("cause", TIME_MS, "invoice", 0));
    const others = [
      derivedEventId("cause2", TIME_MS, "invoice", 0),
      derivedEventId("cause", TIME_MS, "invoice2", 0),
      derivedEventId("cause", TIME_MS, "invoice", 1),
    ];
    assert.equal(new Set([id, ...others]).size, 4);
  });

  test("does not run names and numbers together", () => {
    assert.notEqual(derivedEventId("a", TIME_MS, "b1", 1), derivedEventId("a", TIME_MS, "b", 11));
    assert.notEqual(derivedEventId("ab", TIME_MS, "c", 0), derivedEventId("a", TIME_MS, "bc", 0));
  });

  test("stays what it is from release to release, for stores remember it", () => {
    assert.equal(
      derivedEventId("0191b2c4-8a5e-7c3d-9f10-aabbccddeeff", TIME_MS, "create-invoice", 0),
      "019c20cc-8400-7125-b0c4-1a941faf0f50",
    );
  });

  test("is a UUIDv7 for any time", () => {
    fc.assert(
      fc.property(fc.string(), fc.double({ noNaN: true }), fc.string(), fc.nat(), (cause, timeMs, handler, ordinal) => {
        assert.match(derivedEventId(cause, timeMs, handler, ordinal), UUID_V7);
      }),
    );
  });
});

test("an event's key is its UUID in lower case, or source and id", () => {
  assert.equal(eventKey("orders", "0191B2C4-8A5E-7C3D-9F10-AABBCCDDEEFF"), "0191b2c4-8a5e-7c3d-9f10-aabbccddeeff");
  assert.equal(eventKey("/legacy", "4711"), "/legacy\n4711");
  assert.equal(eventKey("/legacy", "X191B2C4-8A5E-7C3D-9F10-AABBCCDDEEFF"), "/legacy\nX191B2C4-8A5E-7C3D-9F10-AABBCCDDEEFF");
});
