import assert from "node:assert/strict";
import { test } from "node:test";
import { runWithCorrelation } from "./correlation-context.ts";
import { correlationFromHeaders, correlationHeaders } from "./correlation-headers.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;
const made = () => "made";

test("the id is x-correlation-id, and the trace context is kept beside it", () => {
  assert.deepEqual(
    correlationFromHeaders({ "x-correlation-id": "checkout-42", traceparent: TRACEPARENT, tracestate: "a=1" }, made),
    {
      correlationId: "checkout-42",
      traceparent: TRACEPARENT,
      tracestate: "a=1",
    },
  );
});

test("without x-correlation-id the id is the trace id", () => {
  assert.equal(correlationFromHeaders({ traceparent: TRACEPARENT }, made).correlationId, TRACE_ID);
});

test("without either the id is new, and a UUID unless told otherwise", () => {
  assert.deepEqual(correlationFromHeaders({}, made), { correlationId: "made" });
  assert.match(correlationFromHeaders({}).correlationId, /^[0-9a-f]{8}-[0-9a-f-]{27}$/);
});

test("headers of fetch are read as those of Node's server are", () => {
  const headers = new Headers({ "X-Correlation-Id": "checkout-42", traceparent: TRACEPARENT });
  assert.deepEqual(correlationFromHeaders(headers, made), { correlationId: "checkout-42", traceparent: TRACEPARENT });
});

test("an id of 128 visible ASCII characters is the longest that is accepted", () => {
  assert.equal(correlationFromHeaders({ "x-correlation-id": "x".repeat(128) }, made).correlationId, "x".repeat(128));
  for (const id of ["", "x".repeat(129), "a b", "a\tb", "a\nb", "grüße", "a\u0000", "a, b"]) {
    assert.equal(correlationFromHeaders({ "x-correlation-id": id }, made).correlationId, "made", JSON.stringify(id));
  }
});

test("an id sent twice is no id", () => {
  assert.equal(correlationFromHeaders({ "x-correlation-id": ["a", "b"] }, made).correlationId, "made");
});

test("a malformed traceparent is dropped, with its tracestate", () => {
  const wrong = [
    "",
    "00",
    `ff-${TRACE_ID}-b7ad6b7169203331-01`,
    `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
    `00-${TRACE_ID}-${"0".repeat(16)}-01`,
    TRACEPARENT.toUpperCase(),
    `${TRACEPARENT}\r\nx: y`,
  ];
  for (const traceparent of wrong) {
    assert.deepEqual(
      correlationFromHeaders({ traceparent, tracestate: "a=1" }, made),
      { correlationId: "made" },
      JSON.stringify(traceparent),
    );
  }
});

test("an unsound tracestate is dropped alone", () => {
  assert.deepEqual(correlationFromHeaders({ "x-correlation-id": "a", traceparent: TRACEPARENT, tracestate: "a=1\nb" }, made), {
    correlationId: "a",
    traceparent: TRACEPARENT,
  });
});

test("outgoing headers say what came in, and are read back as the same context", () => {
  const context = { correlationId: "checkout-42", traceparent: TRACEPARENT, tracestate: "a=1" };
  const headers = runWithCorrelation({ ...context, causationId: "e1", tenantId: "t1" }, correlationHeaders);
  assert.deepEqual(correlationFromHeaders(headers, made), context);
});

test("outside of a context there are no outgoing headers", () => {
  assert.deepEqual(correlationHeaders(), {});
});
