import { randomUUID } from "node:crypto";
import { isSpanContextValid, trace } from "@opentelemetry/api";
import { type CorrelationContext, currentCorrelation } from "./correlation-context.ts";

export const CORRELATION_HEADER = "x-correlation-id";

/** Headers as Node's HTTP server gives them (lower-case names), or as `fetch` does. */
export type IncomingHeaders =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | { get(name: string): string | null };

const SANE_ID = /^[\x21-\x7e]{1,128}$/;
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/**
 * The context of an incoming request: the id is its `x-correlation-id`, else the trace id of its `traceparent`, else new.
 * A header that is not sane (an id longer than 128 characters or with anything but visible ASCII, a malformed
 * `traceparent`) is taken as absent, for it would end up in log lines and record headers.
 */
export function correlationFromHeaders(headers: IncomingHeaders, newId: () => string = randomUUID): CorrelationContext {
  const given = headerValue(headers, CORRELATION_HEADER);
  const traceparent = headerValue(headers, "traceparent");
  const traceId = traceparent === undefined ? undefined : TRACEPARENT.exec(traceparent)?.[1];
  const correlationId = given !== undefined && SANE_ID.test(given) ? given : (traceId ?? newId());
  if (traceparent === undefined || traceId === undefined) return { correlationId };
  const tracestate = headerValue(headers, "tracestate");
  return tracestate !== undefined && TRACESTATE.test(tracestate)
    ? { correlationId, traceparent, tracestate }
    : { correlationId, traceparent };
}

/**
 * The headers that carry the current context to another service; empty outside of one.
 * Trace headers are passed on as they came in. Where an OpenTelemetry span is active they are left out, because the
 * SDK's own HTTP instrumentation writes them, and two would make both invalid.
 */
export function correlationHeaders(): Record<string, string> {
  const context = currentCorrelation();
  if (context === undefined) return {};
  const headers: Record<string, string> = { [CORRELATION_HEADER]: context.correlationId };
  const active = trace.getActiveSpan()?.spanContext();
  if (context.traceparent !== undefined && !(active && isSpanContextValid(active))) {
    headers["traceparent"] = context.traceparent;
    if (context.tracestate !== undefined) headers["tracestate"] = context.tracestate;
  }
  return headers;
}

function headerValue(headers: IncomingHeaders, name: string): string | undefined {
  const value =
    typeof headers.get === "function"
      ? headers.get(name)
      : (headers as Record<string, string | readonly string[] | undefined>)[name];
  if (typeof value === "string") return value;
  // A header sent more than once is ambiguous, unless the values can be joined, as those of tracestate can.
  if (Array.isArray(value))
    return name === "tracestate" ? value.join(",") : value.length === 1 ? (value[0] as string) : undefined;
  return undefined;
}
