import {
  type EventContract,
  isAdopted,
  isContract,
  isReader,
  subjectOf,
  tenantOf,
  validateForPublish,
} from "../contract/index.ts";
import { currentCorrelation } from "../correlation/index.ts";
import { type EncodedValue, encodedValue } from "../encoding/encode-data.ts";
import { encodeEvent, withSequence } from "../envelope/index.ts";
import { coreError } from "../errors/index.ts";
import { recordBytes as bytesOf } from "../partition/index.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { NewOutboxRow } from "../seams/store.ts";
import { currentTrace } from "../tracing/index.ts";

type PublishScope = Pick<ServiceScope<unknown>, "identity" | "surroundings" | "agreed" | "schemas"> & {
  readonly log: { readonly maxRecordBytes: number };
};

/**
 * Checks an event and encodes it as an outbox row. Everything that can be wrong with it is found here, before anything is
 * written: throws `EVENT_INVALID`, `SCHEMA_ID_UNKNOWN`, `LOG_RECORD_TOO_LARGE`, `CONTRACT_INVALID`, `CONTRACT_READ_ONLY` or `PUBLISH_OPTIONS_INVALID`.
 */
export function outboxRow(
  scope: PublishScope,
  contract: EventContract,
  data: unknown,
  options: { id: string; once: boolean; correlationId?: string },
): NewOutboxRow {
  refuseNoContract(contract);
  const problems = [...textProblems("id", options.id), ...textProblems("correlationId", options.correlationId)];
  if (problems.length > 0) throw coreError("PUBLISH_OPTIONS_INVALID", { type: contract.type, problems });
  validateForPublish(contract, data);
  const context = currentCorrelation();
  const subject = subjectOf(contract, data);
  const nowMs = scope.surroundings.clock.now();
  const { key, value, headers } = encodeEvent({
    id: options.id,
    source: scope.identity.service,
    type: contract.type,
    subject,
    timeMs: nowMs,
    dataVersion: contract.version,
    data,
    encoded: encodedBy(scope.schemas, contract, data),
    dataSchema: scope.agreed.addressOf(contract),
    // A story that begins here is told under the id of its first event.
    correlationId: options.correlationId ?? context?.correlationId ?? options.id,
    causationId: context?.causationId ?? null,
    tenantId: tenantOf(contract, data) ?? context?.tenantId ?? null,
    ...currentTrace(),
  });
  const row: NewOutboxRow = {
    eventId: options.id,
    topic: contract.stream,
    subject,
    key,
    value,
    headers,
    createdAtMs: nowMs,
    once: options.once,
  };
  const bytes = recordBytes(row);
  if (bytes > scope.log.maxRecordBytes)
    throw coreError("LOG_RECORD_TOO_LARGE", { bytes, limit: scope.log.maxRecordBytes, topic: row.topic });
  return row;
}

function encodedBy(schemas: PublishScope["schemas"], contract: EventContract, data: unknown): EncodedValue | null {
  const { encoding = null } = contract;
  return encoding === null ? null : encodedValue(contract, encoding, data, schemas.idOf(contract));
}

/** Throws `CONTRACT_INVALID` for anything that is no contract, and `CONTRACT_READ_ONLY` for one of `adoptEvent` or `defineReader`. */
export function refuseNoContract(contract: unknown): void {
  if (isAdopted(contract))
    throw coreError("CONTRACT_READ_ONLY", { type: contract.type, stream: contract.stream, why: "adopted" });
  if (isReader(contract)) throw coreError("CONTRACT_READ_ONLY", { type: contract.type, stream: contract.stream, why: "reader" });
  if (isContract(contract)) return;
  const type = String((contract as { type?: unknown } | null | undefined)?.type ?? contract);
  throw coreError("CONTRACT_INVALID", { type, problems: [{ pointer: "", message: "it was not made by defineEvent" }] });
}

/** Both become headers, and stand in the store as they are. */
function textProblems(name: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (typeof value !== "string") return [`${name} must be text, but is ${value === null ? "null" : `a ${typeof value}`}`];
  if (value === "") return [`${name} must not be empty`];
  return value.isWellFormed() ? [] : [`${name} must be well-formed Unicode`];
}

/** What the relay adds at most. */
const sequenceBytes = bytesOf({
  key: null,
  value: null,
  headers: withSequence([], Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
});

/** The size that the log will count, the sequence that the relay adds included. */
function recordBytes(row: NewOutboxRow): number {
  return bytesOf(row) + sequenceBytes;
}
