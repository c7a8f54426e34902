import {
  readAnnouncement,
  servicesTopic,
  type AuditEntry,
  type ControlAuditEntry,
  type DeadLetter,
  type Receipt,
} from "throughline/system-topics";
import { isTime } from "./is-time.ts";
import { isAnnouncement } from "./readable-announcement.ts";

/*
 * Anybody may write to a topic. What has not the form that it should have is counted as undecodable, and stops nothing.
 */

const isText = (value: unknown): value is string => typeof value === "string";
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isTextOrNull = (value: unknown): boolean => value === null || value === undefined || isText(value);

export function isReceipt(value: unknown): value is Receipt {
  if (!isObject(value)) return false;
  const { service, handler, version, instance, topic, partition, epoch, atMs } = value;
  if (![service, handler, version, instance, topic].every(isText) || !isWhole(partition) || !isWhole(epoch) || !isTime(atMs))
    return false;
  if (value["kind"] === "range") {
    const { from, to, applied } = value;
    return isWhole(from) && isWhole(to) && from < to && isText(applied);
  }
  return value["kind"] === "event" && isOfEvent(value);
}

function isOfEvent(value: Record<string, unknown>): boolean {
  const { offset, outcome, failureId, requestId, reason, event, error, attempt, durationMicros, dueAtMs } = value;
  return (
    isWhole(offset) &&
    isText(outcome) &&
    isObject(event) &&
    [event["id"], event["type"], event["subject"], event["correlationId"], event["tenantId"]].every(isTextOrNull) &&
    [failureId, requestId, reason].every(isTextOrNull) &&
    [durationMicros, dueAtMs].every((each) => each === undefined || isTime(each)) &&
    (attempt === undefined || isWhole(attempt)) &&
    (error === undefined || isTold(error))
  );
}

const isTold = (error: unknown): boolean =>
  isObject(error) && isText(error["name"]) && isText(error["message"]) && isTextOrNull(error["code"]);

export function isDeadLetter(value: unknown): value is DeadLetter {
  if (!isObject(value)) return false;
  const { failureId, service, serviceVersion, handler, epoch, reason, error, attempts, failedAtMs, origin } = value;
  return (
    [failureId, service, serviceVersion, handler, reason].every(isText) &&
    isWhole(epoch) &&
    isTime(failedAtMs) &&
    Array.isArray(attempts) &&
    isObject(error) &&
    isText(error["name"]) &&
    isText(error["message"]) &&
    (error["code"] === null || isText(error["code"])) &&
    (error["stack"] === null || isText(error["stack"])) &&
    isObject(origin) &&
    isText(origin["topic"]) &&
    isText(origin["topicId"]) &&
    isWhole(origin["partition"]) &&
    isWhole(origin["offset"]) &&
    isAdopted(value["adopted"])
  );
}

function isAdopted(value: unknown): boolean {
  if (value === undefined) return true;
  if (!isObject(value)) return false;
  const { id, type, source, subject, correlationId, tenantId } = value;
  return [id, type, source].every(isText) && [subject, correlationId, tenantId].every((part) => part === null || isText(part));
}

export function isAuditEntry(value: unknown): value is AuditEntry | ControlAuditEntry {
  if (!isObject(value)) return false;
  const { action, service, handler, about, by, atMs, failureId } = value;
  if (![action, by].every(isText) || !isTime(atMs)) return false;
  if (about !== undefined) return isText(about) && failureId === undefined;
  return [service, handler].every(isText) && (failureId === undefined || isText(failureId));
}

/** A record of a compacted topic of ours: an announcement, or any other object. */
export function isLatest(topic: string, value: Uint8Array): boolean {
  const found = JSON.parse(Buffer.from(value).toString()) as unknown;
  if (!isObject(found)) return false;
  const said = topic === servicesTopic ? readAnnouncement(value) : null;
  if (said === null) return true;
  return isAnnouncement(said);
}
