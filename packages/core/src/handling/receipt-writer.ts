import type { NewOutboxRow } from "../seams/store.ts";
import { type EventOutcome, type EventReceipt, receiptRecord } from "../system-topics/index.ts";
import type { Delivery } from "./delivery.ts";
import type { ServiceScope } from "./scope.ts";

/** A receipt for one event, as an outbox row: it leaves if and only if the transaction commits. */
export function eventReceipt(
  scope: Pick<ServiceScope<unknown>, "identity" | "surroundings">,
  handler: { name: string; epoch: number },
  delivery: Delivery,
  outcome: EventOutcome,
  more: Pick<EventReceipt, "durationMicros" | "attempt" | "dueAtMs" | "reason" | "failureId" | "error" | "requestId"> = {},
): NewOutboxRow {
  const { event, record } = delivery;
  const atMs = scope.surroundings.clock.now();
  const { service, instance, version } = scope.identity;
  const receipt: EventReceipt = {
    kind: "event",
    outcome,
    service,
    instance,
    version,
    handler: handler.name,
    epoch: handler.epoch,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    atMs,
    event: {
      id: event?.id ?? null,
      type: delivery.type,
      subject: event?.subject ?? null,
      sequence: event?.sequence ?? null,
      correlationId: event?.correlationId ?? null,
      tenantId: event?.tenantId ?? null,
    },
    ...more,
  };
  return { ...receiptRecord(receipt), eventId: "", subject: null, createdAtMs: atMs, once: false };
}
