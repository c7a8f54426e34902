import { newEventId } from "../envelope/index.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { NewOutboxRow } from "../seams/store.ts";
import { type AuditEntry, auditRecord } from "../system-topics/index.ts";

/** An entry of the audit as an outbox row: it is written if and only if what it tells of is. */
export function auditRow(
  { surroundings }: Pick<ServiceScope<unknown>, "surroundings">,
  entry: Omit<AuditEntry, "atMs">,
): NewOutboxRow {
  const atMs = surroundings.clock.now();
  return {
    ...auditRecord({ ...entry, atMs }),
    eventId: newEventId(surroundings),
    subject: null,
    createdAtMs: atMs,
    once: false,
  };
}
