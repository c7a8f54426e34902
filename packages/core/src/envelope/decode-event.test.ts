import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { Header, LogRecord } from "../seams/event-log.ts";
import { decodeEvent, peekType } from "./decode-event.ts";
import { encodeEvent, type NewEvent, withSequence } from "./encode-event.ts";

const event: NewEvent = {
  id: "0191b2c4-8a5e-7c3d-9f10-aabbccddeeff",
  source: "orders",
  type: "order.completed",
  subject: "o-1",
  timeMs: Date.UTC(2026, 1, 3, 4, 5, 6, 7),
  dataVersion: 2,
  data: { order_id: "o-1", note: "grüße 🎁" },
  correlationId: "c-1",
};

function record(part: Partial<Pick<LogRecord, "key" | "value" | "headers">>): LogRecord {
  return { topic: "order", topicId: "t", partition: 3, offset: 17, timestampMs: 0, key: null, value: null, headers: [], ...part };
}

const text = (value: Uint8Array | null | undefined): string | null => (value ? Buffer.from(value).toString() : null);
const header = (name: string, value: string): Header => [name, Buffer.from(value)];
const headersOf = (headers: readonly Header[]): Record<string, string | null> =>
  Object.fromEntries(headers.map(([name, value]) => [name, text(value)]));

describe("encoding", () => {
  test("writes attributes as headers, data as the value and the subject as the key", () => {
    const { key, value, headers } = encodeEvent(event);
    assert.equal(text(key), "o-1");
    assert.equal(text(value), '{"order_id":"o-1","note":"grüße 🎁"}');
    assert.deepEqual(headersOf(headers), {
      ce_specversion: "1.0",
      ce_id: "0191b2c4-8a5e-7c3d-9f10-aabbccddeeff",
      ce_source: "orders",
      ce_type: "order.completed",
      ce_subject: "o-1",
      ce_time: "2026-02-03T04:05:06.007Z",
      ce_correlationid: "c-1",
      ce_dataversion: "2",
      "content-type": "application/json",
    });
  });

  test("writes what an event need not have, where it has it", () => {
    const { key, headers } = encodeEvent({
      ...event,
      subject: null,
      causationId: "x",
      tenantId: "t-1",
      dataSchema: "http://r/schemas/ids/7",
      traceparent: "00-a-b-01",
      tracestate: "k=v",
    });
    assert.equal(key, null);
    const { ce_subject, ce_causationid, ce_tenantid, ce_dataschema, ce_traceparent, ce_tracestate } = headersOf(headers);
    assert.deepEqual(
      [ce_subject, ce_causationid, ce_tenantid, ce_dataschema, ce_traceparent, ce_tracestate],
      [undefined, "x", "t-1", "http://r/schemas/ids/7", "00-a-b-01", "k=v"],
    );
  });

  test("refuses data that JSON cannot hold", () => {
    const circle: Record<string, unknown> = {};
    circle["in"] = circle;
    for (const data of [circle, { n: 1n }, undefined, () => 1])
      assert.throws(() => encodeEvent({ ...event, data }), { code: "EVENT_INVALID" });
  });

  test("adds the sequence once, zero-padded, with the epoch only when it is not the first", () => {
    const numbered = withSequence(encodeEvent(event).headers, 42, 0);
    assert.deepEqual(
      numbered.slice(-2).map(([name, value]) => [name, text(value)]),
      [
        ["ce_sequence", "0000000000000042"],
        ["ce_sequencetype", "throughline"],
      ],
    );
    const renumbered = withSequence(numbered, 43, 2);
    assert.deepEqual(
      renumbered.slice(-3).map(([name, value]) => [name, text(value)]),
      [
        ["ce_sequence", "0000000000000043"],
        ["ce_sequencetype", "throughline"],
        ["ce_sequenceepoch", "2"],
      ],
    );
    assert.equal(renumbered.length, numbered.length + 1);
    assert.equal(Number.MAX_SAFE_INTEGER.toString().length, 16);
  });
});

describe("decoding", () => {
  test("gives back what was encoded", () => {
    const attribute = fc.string({ minLength: 1, unit: "grapheme" }).filter((value) => value.isWellFormed());
    const maybe = fc.option(attribute);
    const anyEvent = fc.record({
      id: attribute,
      source: attribute,
      type: attribute,
      subject: maybe,
      timeMs: fc.integer({ min: 0, max: 253_402_300_799_999 }),
      dataVersion: fc.integer({ min: 1, max: 10_000 }),
      data: fc.jsonValue({ stringUnit: "grapheme" }),
      correlationId: attribute,
      causationId: maybe,
      tenantId: maybe,
      dataSchema: maybe,
      traceparent: maybe,
      tracestate: maybe,
    });
    fc.assert(
      fc.property(
        anyEvent,
        fc.option(fc.tuple(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.nat())),
        (original, numbering) => {
          const encoded = encodeEvent(original);
          const headers = numbering === null ? encoded.headers : withSequence(encoded.headers, ...numbering);
          const decoded = decodeEvent(record({ ...encoded, headers }));
          for (const name of [
            "id",
            "source",
            "type",
            "subject",
            "timeMs",
            "dataVersion",
            "correlationId",
            "causationId",
            "tenantId",
            "dataSchema",
            "traceparent",
            "tracestate",
          ] as const) {
            assert.equal(decoded[name], original[name], name);
          }
          // Without a subject there is no history that a number could be a place in.
          const [sequence, sequenceEpoch] = original.subject === null ? [null, 0] : (numbering ?? [null, 0]);
          assert.equal(decoded.sequence, sequence);
          assert.equal(decoded.sequenceEpoch, sequenceEpoch);
          assert.deepEqual(decoded.data(), JSON.parse(JSON.stringify(original.data)));
          if (original.subject !== null) assert.deepEqual(decoded.extensions, {});
          assert.equal(peekType(record(encoded)), original.type);
        },
      ),
    );
  });

  test("knows the key, the time as written, and foreign attributes", () => {
    const headers = [
      ...encodeEvent({ ...event, id: "4711" }).headers,
      header("ce_partitionkey", "p"),
      header("ce_sequence", "7"),
      header("ce_sequencetype", "Integer"),
      header("other", "x"),
    ];
    const decoded = decodeEvent(record({ headers }));
    assert.equal(decoded.key, "orders\n4711");
    assert.equal(decoded.time, "2026-02-03T04:05:06.007Z");
    assert.equal(decoded.sequence, null);
    assert.deepEqual(decoded.extensions, { partitionkey: "p", sequence: "7", sequencetype: "Integer" });
  });

  test("counts no numbering as gapless but our own", () => {
    const minimal = minimalHeaders();
    for (const foreign of [
      [header("ce_sequence", "7")],
      [header("ce_sequence", "7"), header("ce_sequencetype", "Integer")],
      [header("ce_sequencetype", "throughline")],
    ]) {
      assert.equal(decodeEvent(record({ headers: [...minimal, ...foreign] })).sequence, null);
    }
  });

  test("takes an event of required attributes alone", () => {
    const decoded = decodeEvent(record({ headers: minimalHeaders() }));
    const {
      id,
      source,
      type,
      subject,
      time,
      timeMs,
      dataContentType,
      dataVersion,
      dataSchema,
      correlationId,
      causationId,
      tenantId,
      traceparent,
      tracestate,
      sequence,
      sequenceEpoch,
      extensions,
      key,
    } = decoded;
    assert.deepEqual(
      {
        id,
        source,
        type,
        subject,
        time,
        timeMs,
        dataContentType,
        dataVersion,
        dataSchema,
        correlationId,
        causationId,
        tenantId,
        traceparent,
        tracestate,
        sequence,
        sequenceEpoch,
        extensions,
        key,
        data: decoded.data(),
      },
      {
        id: "1",
        source: "/s",
        type: "t",
        subject: null,
        time: null,
        timeMs: null,
        dataContentType: "application/json",
        dataVersion: null,
        dataSchema: null,
        correlationId: null,
        causationId: null,
        tenantId: null,
        traceparent: null,
        tracestate: null,
        sequence: null,
        sequenceEpoch: 0,
        extensions: {},
        key: "/s\n1",
        data: null,
      },
    );
  });

  test("lets the last of two equal headers count, and ignores null and the case of Content-Type", () => {
    const decoded = decodeEvent(
      record({
        headers: [...minimalHeaders(), header("ce_id", "2"), ["ce_subject", null], header("Content-Type", "text/plain")],
      }),
    );
    assert.deepEqual([decoded.id, decoded.subject, decoded.dataContentType], ["2", null, "text/plain"]);
  });

  test("reads times with offsets, and takes what is no time for none", () => {
    const timeMsOf = (time: string): number | null =>
      decodeEvent(record({ headers: [...minimalHeaders(), header("ce_time", time)] })).timeMs;
    assert.equal(timeMsOf("2026-02-03T06:05:06.007+02:00"), Date.UTC(2026, 1, 3, 4, 5, 6, 7));
    for (const time of ["2026-02-03", "5", "2026-13-40T00:00:00Z", "yesterday", ""]) assert.equal(timeMsOf(time), null, time);
  });

  test("parses JSON of any JSON type anew each time, and hands out the bytes of any other", () => {
    const decode = (contentType: string, value: Uint8Array | null) =>
      decodeEvent(record({ headers: [...minimalHeaders(), header("content-type", contentType)], value }));
    for (const type of ["application/json", "application/json; charset=utf-8", "application/vnd.order+JSON", "text/json"])
      assert.deepEqual(decode(type, Buffer.from('{"a":1}')).data(), { a: 1 });
    const decoded = decode("application/json", Buffer.from('{"a":1}'));
    assert.notEqual(decoded.data(), decoded.data());
    const bytes = Uint8Array.of(0, 255);
    assert.equal(decode("application/avro", bytes).data(), bytes);
  });

  test("does not touch the data before it is asked for", () => {
    assert.equal(decodeEvent(record({ headers: minimalHeaders(), value: Buffer.from("{") })).type, "t");
  });

  test("replaces bad bytes in what identifies nothing", () => {
    const bad = Uint8Array.of(0x61, 0xff);
    const decoded = decodeEvent(record({ headers: [...minimalHeaders(), ["ce_tracestate", bad], ["ce_other", bad]] }));
    assert.equal(decoded.tracestate, "a\ufffd");
    assert.deepEqual(decoded.extensions, { other: "a\ufffd" });
  });
});

describe("structured mode", () => {
  const envelope = { specversion: "1.0", id: "1", source: "/s", type: "t" };
  const structured = (members: unknown, contentType = "application/cloudevents+json"): LogRecord =>
    record({
      headers: [header("content-type", contentType)],
      value: Buffer.from(typeof members === "string" ? members : JSON.stringify(members)),
    });

  test("reads every attribute out of the value", () => {
    const decoded = decodeEvent(
      structured(
        {
          ...envelope,
          subject: "o-1",
          time: "2026-02-03T04:05:06Z",
          dataversion: 2,
          sequence: "0000000000000042",
          sequencetype: "throughline",
          sequenceepoch: 1,
          correlationid: "c",
          flag: true,
          none: null,
          data: { a: 1 },
        },
        "application/cloudevents+json; charset=UTF-8",
      ),
    );
    const { subject, timeMs, dataVersion, sequence, sequenceEpoch, correlationId, extensions, key } = decoded;
    assert.deepEqual(
      { subject, timeMs, dataVersion, sequence, sequenceEpoch, correlationId, extensions, key, data: decoded.data() },
      {
        subject: "o-1",
        timeMs: Date.UTC(2026, 1, 3, 4, 5, 6),
        dataVersion: 2,
        sequence: 42,
        sequenceEpoch: 1,
        correlationId: "c",
        extensions: { flag: "true" },
        key: "/s\n1",
        data: { a: 1 },
      },
    );
    assert.notEqual(decoded.data(), decoded.data());
    assert.equal(peekType(structured(envelope)), "t");
  });

  test("reads data in base64 as its content type says", () => {
    const data_base64 = Buffer.from('{"a":1}').toString("base64");
    assert.deepEqual(decodeEvent(structured({ ...envelope, data_base64 })).data(), { a: 1 });
    assert.deepEqual(
      decodeEvent(structured({ ...envelope, data_base64, datacontenttype: "image/png" })).data(),
      Buffer.from('{"a":1}'),
    );
    assert.equal(decodeEvent(structured(envelope)).data(), null);
    assert.equal(decodeEvent(structured({ ...envelope, datacontenttype: "text/plain", data: "{" })).data(), "{");
  });

  const cases: [string, LogRecord, RegExp][] = [
    [
      "a batch",
      structured([envelope], "application/cloudevents-batch+json"),
      /content-type is "application\/cloudevents-batch\+json"/,
    ],
    [
      "another event format",
      structured(envelope, "application/cloudevents+avro"),
      /content-type is "application\/cloudevents\+avro"/,
    ],
    ["no JSON", structured("nope"), /the value is not JSON/],
    ["no object", structured("[1]"), /the value is no JSON object/],
    ["no value", record({ headers: [header("content-type", "application/cloudevents+json")] }), /the value is no JSON object/],
    ["no id", structured({ ...envelope, id: undefined }), /: id is missing/],
    ["an empty type", structured({ ...envelope, type: "" }), /: type is empty/],
    ["an attribute that is no text", structured({ ...envelope, subject: { a: 1 } }), /subject is an object/],
    ["another version", structured({ ...envelope, specversion: "0.3" }), /specversion is "0.3"/],
    [
      "a broken sequence of ours",
      structured({ ...envelope, subject: "o", sequence: "x", sequencetype: "throughline" }),
      /sequence is "x"/,
    ],
  ];
  for (const [title, bad, message] of cases)
    test(`refuses ${title}`, () => assert.throws(() => decodeEvent(bad), { code: "EVENT_UNDECODABLE", message }));
  test("refuses base64 that is none", () => {
    for (const data_base64 of ["!", "abc", 5])
      assert.throws(() => decodeEvent(structured({ ...envelope, data_base64 })).data(), /data_base64 is not base64/);
  });
});

describe("what cannot be decoded says which attribute or byte is wrong", () => {
  const bad = Uint8Array.of(0x61, 0xef, 0xbf, 0xbd, 0xff);
  const cases: [string, readonly Header[], RegExp][] = [
    ["no headers", [], /record order\/3@17 .*: ce_specversion is missing/],
    [
      "another version",
      [header("ce_specversion", "0.3"), ...minimalHeaders().slice(1)],
      /ce_specversion is "0.3", and only "1.0" is known/,
    ],
    ["no id", minimalHeaders().filter(([name]) => name !== "ce_id"), /ce_id is missing/],
    ["an empty source", [...minimalHeaders(), header("ce_source", "")], /ce_source is empty/],
    ["no type", minimalHeaders().filter(([name]) => name !== "ce_type"), /ce_type is missing/],
    ["a bad byte in the id", [...minimalHeaders(), ["ce_id", bad]], /ce_id is not UTF-8: byte 4 is 0xff/],
    ["a bad byte in the subject", [...minimalHeaders(), ["ce_subject", bad]], /ce_subject is not UTF-8: byte 4 is 0xff/],
    [
      "a broken sequence of ours",
      [...minimalHeaders(), header("ce_subject", "o"), header("ce_sequence", "1x"), header("ce_sequencetype", "throughline")],
      /ce_sequence is "1x"/,
    ],
    [
      "a sequence of ours below 1",
      [...minimalHeaders(), header("ce_subject", "o"), header("ce_sequence", "0"), header("ce_sequencetype", "throughline")],
      /ce_sequence is "0"/,
    ],
    [
      "a sequence epoch that is none",
      [
        ...minimalHeaders(),
        header("ce_subject", "o"),
        header("ce_sequence", "1"),
        header("ce_sequencetype", "throughline"),
        header("ce_sequenceepoch", "-1"),
      ],
      /ce_sequenceepoch is "-1"/,
    ],
  ];
  for (const [title, headers, message] of cases) {
    test(title, () =>
      assert.throws(() => decodeEvent(record({ headers })), { code: "EVENT_UNDECODABLE", retryable: false, message }),
    );
  }

  test("data that is no JSON, without quoting it", () => {
    const problemOf = (value: Uint8Array): string => {
      try {
        decodeEvent(record({ headers: minimalHeaders(), value })).data();
        return "";
      } catch (error) {
        return (error as Error).message.split(": ").slice(1).join(": ");
      }
    };
    assert.equal(problemOf(Buffer.from("")), "the value is not JSON: it is empty");
    assert.equal(problemOf(Buffer.from('{"secret": "ada')), "the value is not JSON: it ends too early");
    assert.equal(problemOf(Buffer.from("ada@example.org")), "the value is not JSON");
    assert.equal(problemOf(Buffer.from('{"secret": 1} x')), "the value is not JSON: something unexpected stands at character 14");
    assert.equal(problemOf(bad), "the value is not UTF-8: byte 4 is 0xff");
  });

  test("a type that can be read is read all the same", () => {
    assert.equal(peekType(record({ headers: [header("ce_type", "order.paid")] })), "order.paid");
    for (const headers of [
      [],
      [header("ce_type", "")],
      [["ce_type", bad] as const],
      [header("content-type", "application/cloudevents+json")],
    ])
      assert.equal(peekType(record({ headers })), null);
  });
});

function minimalHeaders(): Header[] {
  return [header("ce_specversion", "1.0"), header("ce_id", "1"), header("ce_source", "/s"), header("ce_type", "t")];
}
