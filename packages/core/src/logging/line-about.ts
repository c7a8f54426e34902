import { currentFrame } from "../correlation/current-frame.ts";
import { currentTrace, spanContextOf } from "../tracing/trace-headers.ts";

/** What a log line belongs to, where that is known. */
export interface LineAbout {
  readonly correlationId?: string;
  readonly tenantId?: string;
  /** The event that is being handled. */
  readonly eventId?: string;
  readonly handler?: string;
  readonly attempt?: number;
  /** By W3C Trace Context: 32 hexadecimal digits. */
  readonly traceId?: string;
}

type Open<T> = { -readonly [Name in keyof T]: T[Name] };

/** What the code that runs now belongs to. */
export function aboutNow(): LineAbout {
  const about: Open<LineAbout> = {};
  const frame = currentFrame();
  const context = frame?.correlation;
  if (frame?.handler !== undefined) about.handler = frame.handler;
  if (context !== undefined) {
    about.correlationId = context.correlationId;
    if (context.tenantId !== undefined) about.tenantId = context.tenantId;
    if (context.causationId !== undefined) about.eventId = context.causationId;
  }
  const traceId = spanContextOf(currentTrace().traceparent)?.traceId;
  if (traceId !== undefined) about.traceId = traceId;
  return about;
}
