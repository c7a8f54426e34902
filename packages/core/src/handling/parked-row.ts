import { newEventId } from "../envelope/index.ts";
import { plainRecord } from "../packed-headers/index.ts";
import type { Surroundings } from "../seams/runtime.ts";
import type { ParkedRow, Run } from "../seams/store.ts";
import { type Delivery, deliveryKey, subjectOf } from "./delivery.ts";

/** The row of an event that is parked for the first time; why, and until when, is still to be said. */
export function newParkedRow(
  { scope, run, stream }: { readonly scope: { readonly surroundings: Surroundings }; readonly run: Run; readonly stream: string },
  delivery: Delivery,
  handled: boolean,
): ParkedRow {
  return {
    id: newEventId(scope.surroundings),
    handlerId: run.handlerId,
    epoch: run.epoch,
    stream,
    subject: subjectOf(delivery),
    sequence: delivery.event?.sequence ?? null,
    sequenceEpoch: delivery.event?.sequenceEpoch ?? 0,
    eventKey: deliveryKey(delivery),
    state: "waiting",
    reason: "behind",
    dueAtMs: null,
    logDueMs: null,
    attempts: [],
    handled,
    record: plainRecord(delivery.record),
    edited: null,
    lease: null,
    parkedAtMs: scope.surroundings.clock.now(),
  };
}
