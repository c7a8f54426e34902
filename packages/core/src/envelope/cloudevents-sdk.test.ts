import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CloudEvent, HTTP, Kafka, type KafkaMessage, type Message } from "cloudevents";
import type { Header, LogRecord } from "../seams/event-log.ts";
import { type DecodedEvent, decodeEvent } from "./decode-event.ts";
import { encodeEvent, type NewEvent, withSequence } from "./encode-event.ts";
import { encodeStructuredEvent } from "./encode-structured-event.ts";

const attributes = {
  id: "a-1",
  source: "/shop/orders",
  type: "order.completed",
  subject: "o-1",
  time: "2026-02-03T04:05:06.007Z",
  dataschema: "https://example.org/order",
  datacontenttype: "application/json",
};
const extensions = {
  correlationid: "c-1",
  causationid: "x-1",
  dataversion: "2",
  tenantid: "t-1",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  partitionkey: "o-1",
};
const data = { order_id: "o-1", total: 12.5, note: "grüße" };

/** The message as a Kafka client would put it on the log: only strings and bytes. */
function recordOf(headers: Readonly<Record<string, unknown>>, value: unknown, key: unknown): LogRecord {
  const bytes = (part: unknown): Uint8Array =>
    part instanceof Uint8Array ? part : Buffer.from(typeof part === "string" ? part : JSON.stringify(part));
  const list = Object.entries(headers).flatMap(([name, text]): Header[] => (text === undefined ? [] : [[name, bytes(text)]]));
  return {
    topic: "order",
    topicId: "t",
    partition: 0,
    offset: 0,
    timestampMs: 0,
    key: typeof key === "string" ? bytes(key) : null,
    value: bytes(value),
    headers: list,
  };
}

function fromKafka(message: Message): LogRecord {
  const { headers, value, key } = message as KafkaMessage;
  return recordOf(headers, value, key);
}

function assertSame(decoded: DecodedEvent): void {
  assert.deepEqual(
    [decoded.id, decoded.source, decoded.type, decoded.subject, decoded.time, decoded.dataSchema, decoded.dataContentType],
    Object.values(attributes),
  );
  assert.deepEqual(
    [
      decoded.correlationId,
      decoded.causationId,
      decoded.dataVersion,
      decoded.tenantId,
      decoded.traceparent,
      decoded.extensions["partitionkey"],
    ],
    ["c-1", "x-1", 2, "t-1", extensions.traceparent, "o-1"],
  );
  assert.deepEqual(decoded.data(), data);
}

describe("what the CloudEvents SDK writes is read", () => {
  const event = new CloudEvent({ ...attributes, ...extensions, data });
  test("binary mode, Kafka", () => assertSame(decodeEvent(fromKafka(Kafka.binary(event)))));
  test("structured mode, Kafka", () => assertSame(decodeEvent(fromKafka(Kafka.structured(event)))));
  test("structured mode, HTTP", () => {
    const { headers, body } = HTTP.structured(event);
    assertSame(decodeEvent(recordOf(headers, body, null)));
  });
  test("structured mode with binary data", () => {
    const binary = new CloudEvent({ ...attributes, datacontenttype: "application/octet-stream", data: Uint8Array.of(0, 1, 255) });
    assert.deepEqual(decodeEvent(fromKafka(Kafka.structured(binary))).data(), Buffer.of(0, 1, 255));
  });
  test("an event of required attributes alone", () => {
    const least = new CloudEvent({ id: "1", source: "/s", type: "t", data: {} });
    for (const message of [Kafka.binary(least), Kafka.structured(least)])
      assert.equal(decodeEvent(fromKafka(message)).key, "/s\n1");
  });
});

describe("what we write is read by the CloudEvents SDK", () => {
  const written: NewEvent = {
    id: "a-1",
    source: "/shop/orders",
    type: "order.completed",
    subject: "o-1",
    timeMs: Date.UTC(2026, 1, 3, 4, 5, 6, 7),
    dataVersion: 2,
    data,
    correlationId: "c-1",
    causationId: "x-1",
    tenantId: "t-1",
    dataSchema: "https://example.org/order",
    traceparent: extensions.traceparent,
    tracestate: "k=v",
  };
  const encoded = encodeEvent(written);
  const headers = Object.fromEntries(
    withSequence(encoded.headers, 42, 1).map(([name, value]) => [name, Buffer.from(value ?? []).toString()]),
  );
  const expected = {
    ...attributes,
    specversion: "1.0",
    correlationid: "c-1",
    causationid: "x-1",
    dataversion: "2",
    tenantid: "t-1",
    traceparent: extensions.traceparent,
    tracestate: "k=v",
    sequence: "0000000000000042",
    sequencetype: "throughline",
    sequenceepoch: "1",
  };

  test("over Kafka", () => {
    const message = {
      headers,
      key: Buffer.from(encoded.key ?? []).toString(),
      value: Buffer.from(encoded.value).toString(),
      body: "",
    } as unknown as KafkaMessage;
    assert.ok(Kafka.isEvent(message));
    const event = Kafka.toEvent(message) as CloudEvent<unknown>;
    assert.ok(event.validate());
    assert.deepEqual(JSON.parse(String(event)), { ...expected, partitionkey: "o-1", data });
  });

  test("in structured mode, over Kafka and HTTP; and we read it back", () => {
    const structured = encodeStructuredEvent(written);
    const [[name, type] = ["", null]] = structured.headers;
    const contentType = { [name]: Buffer.from(type ?? []).toString() };
    const text = Buffer.from(structured.value).toString();
    const kafka = { headers: contentType, key: "o-1", value: text, body: "" } as unknown as KafkaMessage;
    const { sequence: _, sequencetype: __, sequenceepoch: ___, ...unnumbered } = expected;
    for (const event of [Kafka.toEvent(kafka), HTTP.toEvent({ headers: contentType, body: text })] as CloudEvent<unknown>[]) {
      assert.ok(event.validate());
      const { partitionkey: ____, ...read } = JSON.parse(String(event)) as Record<string, unknown>;
      assert.deepEqual(read, { ...unnumbered, data });
    }
    const decoded = decodeEvent(recordOf(contentType, text, "o-1"));
    assert.deepEqual([decoded.id, decoded.correlationId, decoded.tenantId, decoded.data()], ["a-1", "c-1", "t-1", data]);
  });

  test("and over HTTP, by the same attributes", () => {
    const http = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.replace("ce_", "ce-"), value]));
    const event = HTTP.toEvent({ headers: http, body: Buffer.from(encoded.value).toString() }) as CloudEvent<unknown>;
    assert.ok(event.validate());
    assert.deepEqual(JSON.parse(String(event)), { ...expected, data });
  });
});
