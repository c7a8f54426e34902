import { randomUUID } from "node:crypto";
import type { EventLog } from "throughline/seams";
import {
  type AuditEntry,
  auditRecord,
  auditTopic,
  ownTopicSpecs,
  redriveRecord,
  type RedriveRequest,
  topicSpec,
} from "throughline/system-topics";
import type { Failure } from "@throughline/control/reading";
import { appendAll } from "./append-all.ts";
import { pause } from "./pause.ts";

export interface RequestOptions {
  readonly action: "redrive" | "discard";
  readonly by: string;
  readonly reason: string | null;
  readonly atMs: number;
  /** Stands in for the original's value. */
  readonly editedValue: Uint8Array | null;
  readonly force: boolean;
}

/** One request for each dead letter, in order. */
export const requestsFor = (failures: readonly Failure[], options: RequestOptions): RedriveRequest[] =>
  failures.map(({ letter, original }) => ({
    requestId: randomUUID(),
    service: letter.service,
    handler: letter.handler,
    failureId: letter.failureId,
    original,
    ...(letter.valueOmitted ? { valueOmitted: true as const } : {}),
    ...options,
  }));

export interface SendOptions {
  /** Requests a second; null is as fast as it goes. */
  readonly ratePerSecond: number | null;
  readonly signal: AbortSignal;
  readonly onProgress?: (sent: number, total: number) => void;
}

const largestBatch = 200;

/** Writes each request with its audit entry beside it, in order. Throws when the log refuses one; those before it are written. */
export async function sendRequests(log: EventLog, requests: readonly RedriveRequest[], options: SendOptions): Promise<void> {
  const services = [...new Set(requests.map(({ service }) => service))];
  await log.createTopics([...services.flatMap(ownTopicSpecs), topicSpec(auditTopic)]);
  const { ratePerSecond, signal } = options;
  const batch = ratePerSecond === null ? largestBatch : Math.max(1, Math.min(largestBatch, Math.floor(ratePerSecond)));
  for (let sent = 0; sent < requests.length; sent += batch) {
    signal.throwIfAborted();
    const next = requests.slice(sent, sent + batch);
    await appendAll(log, next.map(redriveRecord), sent, requests.length);
    await appendAll(
      log,
      next.map((request) => auditRecord(auditEntry(request))),
    );
    options.onProgress?.(sent + next.length, requests.length);
    if (ratePerSecond !== null && sent + batch < requests.length) await pause((batch / ratePerSecond) * 1000, signal);
  }
}

const auditEntry = ({
  action,
  editedValue,
  service,
  handler,
  by,
  reason,
  atMs,
  requestId,
  failureId,
}: RedriveRequest): AuditEntry => ({
  action: editedValue === null ? action : "edit",
  service,
  handler,
  by,
  reason,
  atMs,
  id: requestId,
  failureId,
});
