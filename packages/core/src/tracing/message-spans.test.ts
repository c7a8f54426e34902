import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, test } from "node:test";
import {
  type Context,
  context,
  type ContextManager,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
  type TracerProvider,
} from "@opentelemetry/api";
import { runWithCorrelation } from "../correlation/correlation-context.ts";
import { correlationHeaders } from "../correlation/correlation-headers.ts";
import { type HandledMessageAbout, withHandlerSpan, withPublishSpan } from "./message-spans.ts";
import { currentTrace } from "./trace-headers.ts";

const PRODUCER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const published = { system: "kafka", topic: "order", eventId: "e1", type: "order.completed", subject: "o1" };
const handled: HandledMessageAbout = {
  ...published,
  service: "billing",
  handler: "create-invoice",
  partition: 3,
  offset: 17,
  traceparent: PRODUCER,
};

interface RecordedSpan {
  readonly name: string;
  readonly options: SpanOptions;
  readonly spanContext: SpanContext;
  readonly parent: SpanContext | undefined;
  readonly attributes: Record<string, unknown>;
  status: SpanStatusCode;
  ended: boolean;
}

/** The least that an OpenTelemetry SDK is: a tracer that remembers its spans, and a context that follows awaits. */
function registerTestSdk(): RecordedSpan[] {
  const spans: RecordedSpan[] = [];
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, fn, thisArg, ...args) => storage.run(active, () => fn.apply(thisArg as ThisParameterType<typeof fn>, args)),
    bind: (_active, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  const startSpan = (name: string, options: SpanOptions = {}, active: Context = context.active()): Span => {
    const parent = options.root === true ? undefined : trace.getSpanContext(active);
    const id = (spans.length + 1).toString(16);
    const spanContext = { traceId: parent?.traceId ?? id.padStart(32, "a"), spanId: id.padStart(16, "b"), traceFlags: 1 };
    const recorded: RecordedSpan = {
      name,
      options,
      spanContext,
      parent,
      attributes: { ...options.attributes },
      status: SpanStatusCode.UNSET,
      ended: false,
    };
    spans.push(recorded);
    return {
      spanContext: () => spanContext,
      isRecording: () => true,
      end: () => void (recorded.ended = true),
      setAttribute(key: string, value: unknown) {
        recorded.attributes[key] = value;
        return this;
      },
      setStatus(status: { code: SpanStatusCode }) {
        recorded.status = status.code;
        return this;
      },
    } as unknown as Span;
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) } as unknown as TracerProvider);
  context.setGlobalContextManager(manager);
  return spans;
}

afterEach(() => {
  trace.disable();
  context.disable();
});

test("without an SDK the work runs as it is, and an event gets the trace that came in", async () => {
  const incoming = { correlationId: "c1", traceparent: PRODUCER, tracestate: "a=1" };
  assert.deepEqual(await runWithCorrelation(incoming, () => withPublishSpan(published, async (headers) => headers)), {
    traceparent: PRODUCER,
    tracestate: "a=1",
  });
  assert.deepEqual(await withPublishSpan(published, async (headers) => headers), {});
  assert.equal(await withHandlerSpan(handled, async () => "done"), "done");
});

test("publishing is a PRODUCER span by the messaging conventions, and the event carries its trace", async () => {
  const spans = registerTestSdk();
  const headers = await runWithCorrelation({ correlationId: "c1", traceparent: PRODUCER }, () =>
    withPublishSpan(published, async (given) => given),
  );
  const [span] = spans;
  assert.ok(span);
  assert.equal(span.name, "publish order");
  assert.equal(span.options.kind, SpanKind.PRODUCER);
  assert.deepEqual(span.attributes, {
    "messaging.system": "kafka",
    "messaging.destination.name": "order",
    "messaging.message.id": "e1",
    "messaging.message.conversation_id": "c1",
    "messaging.operation.name": "publish",
    "messaging.operation.type": "send",
    "cloudevents.event_type": "order.completed",
    "cloudevents.event_subject": "o1",
  });
  assert.deepEqual(headers, { traceparent: `00-${span.spanContext.traceId}-${span.spanContext.spanId}-01` });
  assert.equal(span.ended, true);
});

test("handling is a CONSUMER span of its own trace that links to the publisher's", async () => {
  const spans = registerTestSdk();
  await withHandlerSpan(handled, async () => {});
  const [span] = spans;
  assert.ok(span);
  assert.equal(span.name, "process order");
  assert.equal(span.options.kind, SpanKind.CONSUMER);
  assert.equal(span.parent, undefined);
  assert.deepEqual(
    span.options.links?.map(({ context: linked }) => [linked.traceId, linked.spanId, linked.isRemote]),
    [["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true]],
  );
  assert.equal(span.attributes["messaging.operation.type"], "process");
  assert.equal(span.attributes["messaging.consumer.group.name"], "billing");
  assert.equal(span.attributes["messaging.destination.partition.id"], "3");
  assert.equal(span.attributes["messaging.kafka.offset"], 17);
  assert.equal(span.attributes["throughline.handler"], "create-invoice");
});

test("handling starts its own trace also where another span is active", async () => {
  const spans = registerTestSdk();
  await withPublishSpan(published, () => withHandlerSpan(handled, async () => {}));
  assert.equal(spans[1]?.name, "process order");
  assert.equal(spans[1]?.parent, undefined);
});

test("an event without a trace, or with a malformed one, has no link", async () => {
  const spans = registerTestSdk();
  const { traceparent: _none, ...without } = handled;
  await withHandlerSpan(without, async () => {});
  await withHandlerSpan({ ...handled, traceparent: "00-nonsense" }, async () => {});
  await withHandlerSpan({ ...handled, traceparent: `00-${"0".repeat(32)}-b7ad6b7169203331-01` }, async () => {});
  assert.deepEqual(
    spans.map(({ options }) => options.links),
    [[], [], []],
  );
});

test("what a handler publishes is a child of its span", async () => {
  const spans = registerTestSdk();
  await withHandlerSpan(handled, () => withPublishSpan({ ...published, topic: "invoice" }, async () => {}));
  assert.equal(spans[1]?.parent?.spanId, spans[0]?.spanContext.spanId);
});

test("a failure marks the span with its code, ends it, and does not tell the error's text", async () => {
  const spans = registerTestSdk();
  const failure = Object.assign(new Error("no mailbox ada@example.org"), { code: "MAIL_REFUSED" });
  await assert.rejects(
    withHandlerSpan(handled, () => Promise.reject(failure)),
    failure,
  );
  const [span] = spans;
  assert.ok(span);
  assert.equal(span.status, SpanStatusCode.ERROR);
  assert.equal(span.attributes["error.type"], "MAIL_REFUSED");
  assert.equal(span.ended, true);
  assert.equal(JSON.stringify(span).includes("ada@example.org"), false);
});

test("within a span, outgoing calls leave trace headers to the SDK and keep the correlation id", async () => {
  registerTestSdk();
  const incoming = { correlationId: "c1", traceparent: PRODUCER };
  const headers = await runWithCorrelation(incoming, () => withHandlerSpan(handled, async () => correlationHeaders()));
  assert.deepEqual(headers, { "x-correlation-id": "c1" });
  assert.deepEqual(runWithCorrelation(incoming, currentTrace), { traceparent: PRODUCER });
});

test("an SDK that is registered later is used from then on", async () => {
  await withHandlerSpan(handled, async () => {});
  const spans = registerTestSdk();
  await withHandlerSpan(handled, async () => {});
  assert.equal(spans.length, 1);
});
