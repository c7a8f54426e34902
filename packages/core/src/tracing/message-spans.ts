import { type Attributes, context, type Link, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
import { currentCorrelation } from "../correlation/correlation-context.ts";
import { currentTrace, spanContextOf, type TraceHeaders } from "./trace-headers.ts";

/** What a span tells of its message, by OpenTelemetry's messaging conventions. */
export interface MessageAbout {
  /** The log's name there: `kafka`, `sqlite`, `memory`. */
  readonly system: string;
  readonly topic: string;
  readonly eventId: string;
  readonly type: string;
  readonly subject?: string;
}

export interface HandledMessageAbout extends MessageAbout {
  readonly service: string;
  readonly handler: string;
  readonly partition: number;
  readonly offset: number;
  /** The event's own: the span links to the one that published it. */
  readonly traceparent?: string;
}

/**
 * Publishes under a PRODUCER span. `publish` gets the trace headers to put into the event: this span's where the
 * application has an OpenTelemetry SDK, else those that came in with the current context.
 * @example
 *   await withPublishSpan({ system: "kafka", topic: "order", eventId, type }, (trace) => append({ ...headers, ...trace }));
 */
export function withPublishSpan<T>(about: MessageAbout, publish: (trace: TraceHeaders) => Promise<T>): Promise<T> {
  const tracer = activeTracer();
  if (tracer === undefined) return publish(currentTrace());
  const attributes = { ...attributesOf(about), "messaging.operation.name": "publish", "messaging.operation.type": "send" };
  return inSpan(tracer, `publish ${about.topic}`, { kind: SpanKind.PRODUCER, attributes, links: [] }, () =>
    publish(currentTrace()),
  );
}

/**
 * Runs a handler under a CONSUMER span that links to the span which published the event. It starts a trace of its own: an
 * event may be handled by many services, and years later. An error marks the span with its kind and never with its text,
 * which may hold personal values.
 */
export function withHandlerSpan<T>(about: HandledMessageAbout, handle: () => Promise<T>): Promise<T> {
  const tracer = activeTracer();
  if (tracer === undefined) return handle();
  const producer = spanContextOf(about.traceparent);
  const attributes = {
    ...attributesOf(about),
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.consumer.group.name": about.service,
    "messaging.destination.partition.id": String(about.partition),
    ...(about.system === "kafka" ? { "messaging.kafka.offset": about.offset } : { "throughline.offset": about.offset }),
    "throughline.handler": about.handler,
  };
  const links: Link[] = producer === undefined ? [] : [{ context: producer }];
  return inSpan(tracer, `process ${about.topic}`, { kind: SpanKind.CONSUMER, attributes, links, root: true }, handle);
}

/** Runs a set-based handler under one CONSUMER span that links to the spans which published its events. */
export function withBatchSpan<T>(
  about: Pick<HandledMessageAbout, "system" | "topic" | "service" | "handler"> & {
    readonly count: number;
    readonly traceparents: () => readonly (string | null | undefined)[];
  },
  handle: () => Promise<T>,
): Promise<T> {
  const tracer = activeTracer();
  if (tracer === undefined) return handle();
  const producers = about.traceparents().map((traceparent) => spanContextOf(traceparent ?? undefined));
  const attributes = {
    "messaging.system": about.system,
    "messaging.destination.name": about.topic,
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.consumer.group.name": about.service,
    "messaging.batch.message_count": about.count,
    "throughline.handler": about.handler,
  };
  const links: Link[] = producers.filter((context) => context !== undefined).map((context) => ({ context }));
  return inSpan(tracer, `process ${about.topic}`, { kind: SpanKind.CONSUMER, attributes, links, root: true }, handle);
}

/** Undefined where the application has registered no SDK: then there is nothing to pay for. Asked each time, as one may come late. */
function activeTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider() as { getDelegateTracer?: (name: string) => Tracer | undefined };
  return provider.getDelegateTracer === undefined ? trace.getTracer("throughline") : provider.getDelegateTracer("throughline");
}

/** Whether the application has an OpenTelemetry SDK: without one nothing about spans need be prepared. */
export function isTracing(): boolean {
  return activeTracer() !== undefined;
}

function attributesOf(about: MessageAbout): Attributes {
  const correlationId = currentCorrelation()?.correlationId;
  return {
    "messaging.system": about.system,
    "messaging.destination.name": about.topic,
    "messaging.message.id": about.eventId,
    "cloudevents.event_type": about.type,
    ...(about.subject === undefined ? {} : { "cloudevents.event_subject": about.subject }),
    ...(correlationId === undefined ? {} : { "messaging.message.conversation_id": correlationId }),
  };
}

async function inSpan<T>(
  tracer: Tracer,
  name: string,
  options: { kind: SpanKind; attributes: Attributes; links: Link[]; root?: boolean },
  work: () => Promise<T>,
): Promise<T> {
  const span = tracer.startSpan(name, options);
  try {
    return await context.with(trace.setSpan(context.active(), span), work);
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

function fail(span: Span, error: unknown): void {
  const { code, name } = (typeof error === "object" && error !== null ? error : {}) as { code?: unknown; name?: unknown };
  span.setAttribute("error.type", typeof code === "string" ? code : typeof name === "string" ? name : "_OTHER");
  span.setStatus({ code: SpanStatusCode.ERROR });
}
