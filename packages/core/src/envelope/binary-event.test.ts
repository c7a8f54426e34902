import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { packHeaders } from "../packed-headers/index.ts";
import type { Header, LogRecord } from "../seams/event-log.ts";
import { decodeEvent } from "./decode-event.ts";

const header = (name: string, value: string): Header => [name, Buffer.from(value)];

function packed(number: number, first: readonly Header[] = []): LogRecord {
  const headers = [
    ...first,
    header("ce_specversion", "1.0"),
    header("ce_id", `${number}`),
    header("ce_source", "orders"),
    header("ce_type", "order.completed"),
    header("ce_time", `2026-01-01T00:00:0${number}Z`),
    header("ce_correlationid", `story ${number}`),
    header("ce_causationid", number === 2 ? "" : `Ursache für ${number}`),
  ];
  const place = { topic: "order", topicId: "t", partition: 3, offset: number, timestampMs: 0 };
  return { ...place, key: null, value: null, headers, packedHeaders: packHeaders(headers) };
}

describe("what tells of an event is read from packed headers when it is asked for", () => {
  test("of each event its own, in whatever order they are asked", () => {
    const events = [1, 2, 3].map((number) => decodeEvent(packed(number)));
    const told = events.toReversed().map(({ correlationId, time, causationId, tracestate }) => {
      return { correlationId, time, causationId, tracestate };
    });
    assert.deepEqual(told, [
      { correlationId: "story 3", time: "2026-01-01T00:00:03Z", causationId: "Ursache für 3", tracestate: null },
      { correlationId: "story 2", time: "2026-01-01T00:00:02Z", causationId: null, tracestate: null },
      { correlationId: "story 1", time: "2026-01-01T00:00:01Z", causationId: "Ursache für 1", tracestate: null },
    ]);
  });

  for (const length of [2 ** 15 - 30, 2 ** 15, 2 ** 16, 2 ** 20]) {
    test(`behind and in ${length} bytes of a header before it`, () => {
      const before = "x".repeat(length);
      const far = decodeEvent(packed(4, [header("ce_traceparent", before)]));
      const near = decodeEvent(packed(5));
      assert.deepEqual([far.traceparent, far.correlationId, far.timeMs], [before, "story 4", Date.UTC(2026, 0, 1, 0, 0, 4)]);
      assert.deepEqual([near.traceparent, near.correlationId], [null, "story 5"]);
    });
  }
});
