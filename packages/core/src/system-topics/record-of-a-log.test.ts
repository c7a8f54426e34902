import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeEvent, encodeEvent } from "../envelope/index.ts";
import { packHeaders } from "../packed-headers/index.ts";
import type { Header, LogRecord } from "../seams/event-log.ts";
import { type DeadLetter, deadLetterRecord, readDeadLetter } from "./dead-letter.ts";
import { readRedriveRequest, redriveRecord } from "./redrive-request.ts";

/** As the log on SQLite gives records: with packed headers, and others that are made when they are asked for. */
class StoredRecord {
  readonly topicId = "t-1";
  readonly partition = 0;
  readonly offset = 7;
  readonly timestampMs = 1;
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly packedHeaders: Uint8Array | null;
  readonly #headers: readonly Header[];

  constructor(topic: string, key: Uint8Array | null, value: Uint8Array | null, headers: readonly Header[]) {
    this.topic = topic;
    this.key = key;
    this.value = value;
    this.packedHeaders = packHeaders(headers);
    this.#headers = headers;
  }

  get headers(): readonly Header[] {
    return this.#headers;
  }
}

const event = encodeEvent({
  id: "01900000-0000-7000-8000-000000000001",
  source: "orders",
  type: "order.placed",
  subject: "o-1",
  timeMs: 1,
  dataVersion: 1,
  data: { order_id: "o-1", note: "x".repeat(300) },
  correlationId: "c-1",
});
const original: LogRecord = new StoredRecord("order", event.key, event.value, event.headers);
const { topic, topicId, partition, offset, timestampMs } = original;
const letter: DeadLetter = {
  failureId: "f-1",
  service: "billing",
  serviceVersion: "1",
  handler: "bill",
  epoch: 1,
  reason: "failed",
  error: { name: "Error", code: null, message: "no", stack: null },
  attempts: [],
  failedAtMs: 2,
  holdsSubject: true,
  origin: { topic, topicId, partition, offset, timestampMs },
};
const stored = (record: ReturnType<typeof deadLetterRecord>): LogRecord =>
  new StoredRecord(record.topic, record.key, record.value, record.headers);

describe("a record of a log that packs headers", () => {
  it("is the same event out of a dead letter, and out of the request to redrive it", () => {
    const found = readDeadLetter(stored(deadLetterRecord(letter, original)));
    assert.ok(found);
    assert.deepEqual(found.original.headers, original.headers);
    assert.equal(decodeEvent(found.original).type, "order.placed");
    // They would hold the letter's header too, and are read first.
    assert.equal(found.original.packedHeaders, undefined);
    const about = { requestId: "r-1", action: "redrive", service: "billing", handler: "bill", failureId: "f-1" } as const;
    const more = { by: "ann", reason: null, atMs: 3, editedValue: null, force: false };
    for (const asked of [found.original, original]) {
      const request = readRedriveRequest(redriveRecord({ ...about, ...more, original: asked }).value);
      assert.ok(request);
      assert.deepEqual(request.original.headers, original.headers);
      assert.equal(decodeEvent(request.original).type, "order.placed");
    }
  });

  it("keeps its headers where the letter has no room for its value", () => {
    const whole = deadLetterRecord(letter, original);
    const most = whole.headers.reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0) + 200;
    const found = readDeadLetter(stored(deadLetterRecord(letter, original, most)));
    assert.ok(found);
    assert.equal(found.original.value, null);
    assert.deepEqual(found.original.headers, original.headers);
  });
});
