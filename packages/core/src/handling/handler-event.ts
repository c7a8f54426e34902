import type { EventContract } from "../contract/index.ts";
import { type CorrelationContext, runWithCorrelation } from "../correlation/index.ts";
import type { Event } from "../service/event.ts";
import type { Delivery } from "./delivery.ts";

/** The event as handlers see it. */
export function eventOf(delivery: Delivery, contract: EventContract, data: unknown): Event {
  const { event, record } = delivery;
  if (event === null) throw new TypeError("an event that cannot be decoded is never handed to a handler");
  return {
    id: event.id,
    type: event.type,
    source: event.source,
    subject: event.subject,
    time: event.time ?? new Date(record.timestampMs).toISOString(),
    sequence: event.sequence,
    correlationId: event.correlationId ?? event.id,
    causationId: event.causationId,
    tenantId: event.tenantId,
    dataVersion: event.dataVersion ?? contract.version,
    data,
  };
}

/** Runs `work` with the event's correlation as the current one, and the event as the cause of what is published. */
export function withEventContext<T>(event: Event, delivery: Delivery, work: () => Promise<T>): Promise<T> {
  return runWithCorrelation(correlationOf(event, delivery), work);
}

/** The event's story, with the event as the cause of what is published. */
export function correlationOf(event: Event, delivery: Delivery): CorrelationContext {
  const context: { -readonly [Name in keyof CorrelationContext]: CorrelationContext[Name] } = {
    correlationId: event.correlationId,
    causationId: event.id,
  };
  if (event.tenantId !== null) context.tenantId = event.tenantId;
  const traceparent = delivery.event?.traceparent;
  if (traceparent) context.traceparent = traceparent;
  const tracestate = delivery.event?.tracestate;
  if (tracestate) context.tracestate = tracestate;
  return context;
}
