import type { AnsweredItem } from "./answer-item.ts";
import type { ItemState, JobItem, JobState, JobTerms, RedriveJob, RedrivePlan } from "./job.ts";
import type { PlanDraft } from "./job-store.ts";
import { requestIdOf } from "./request-id.ts";
import type { LeftOut, LeftOutReason } from "./selection.ts";

/** A row of plans and jobs, whose columns have the same names in every store. */
export type JobRow = Readonly<Record<string, unknown>>;

/** What a plan is made of that no other column holds, as JSON. */
export interface PlanText extends Pick<RedrivePlan, "action" | "by" | "selection" | "isEdit"> {
  readonly consumers: RedrivePlan["consumers"];
  readonly warnings: RedrivePlan["warnings"];
}

export const draftText = ({ action, by, selection, edited }: PlanDraft): string =>
  JSON.stringify({ action, by, selection, isEdit: edited !== null, consumers: [], warnings: [] } satisfies PlanText);

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));
const planText = (row: JobRow): PlanText => JSON.parse(String(row["plan"])) as PlanText;

/** @param leftOut How many were left out, by the reason */
export function planIn(row: JobRow, leftOut: readonly JobRow[]): RedrivePlan {
  const { action, by, selection, isEdit, consumers, warnings } = planText(row);
  return {
    id: String(row["id"]),
    action,
    createdAtMs: Number(row["created_ms"]),
    expiresAtMs: Number(row["expires_ms"]),
    by,
    selection,
    total: Number(row["total"]),
    consumers,
    leftOut: Object.fromEntries(leftOut.map(({ why, count }) => [String(why), Number(count)])),
    warnings,
    isEdit,
    isConfirmed: row["state"] !== "plan",
  };
}

/** @param counts How many items stand how */
export function jobIn(row: JobRow, counts: readonly JobRow[]): RedriveJob {
  const { action, selection, isEdit, consumers } = planText(row);
  return {
    id: String(row["id"]),
    action,
    state: row["state"] as JobState,
    problem: row["problem"] as string | null,
    createdAtMs: Number(row["created_ms"]),
    startedAtMs: Number(row["started_ms"]),
    lastAskedAtMs: numberOrNull(row["asked_ms"]),
    endedAtMs: numberOrNull(row["ended_ms"]),
    selection,
    consumers,
    total: Number(row["total"]),
    next: Number(row["next"]),
    stage: Number(row["stage"]),
    forgiven: Number(row["forgiven"]),
    isEdit,
    counts: Object.fromEntries(counts.map(({ state, count }) => [String(state), Number(count)])),
    ...(JSON.parse(String(row["terms"])) as JobTerms),
  };
}

type ItemFacts = Pick<JobItem, "service" | "letter" | "eventId" | "type" | "subject"> & { readonly failedAtMs: number };
const factsIn = (row: JobRow): ItemFacts => JSON.parse(String(row["facts"])) as ItemFacts;

export function itemIn(row: JobRow): JobItem {
  const { service, letter, eventId, type, subject } = factsIn(row);
  return {
    no: Number(row["no"]),
    failureId: String(row["failure_id"]),
    service,
    handler: String(row["handler"]),
    origin: { topic: String(row["topic"]), partition: Number(row["partition"]), offset: Number(row["offset"]) },
    letter,
    eventId,
    type,
    subject,
    state: row["state"] as ItemState,
    detail: row["detail"] as string | null,
    askedAtMs: numberOrNull(row["asked_ms"]),
    answeredAtMs: numberOrNull(row["answered_ms"]),
  };
}

/** What of an item decides what a receipt means for it. */
export function answeredItemIn(jobId: string, row: JobRow): AnsweredItem {
  const { failureId, service, handler, origin, state } = itemIn(row);
  return {
    failureId,
    requestId: requestIdOf(jobId, failureId),
    service,
    handler,
    origin,
    failedAtMs: Number(row["failed_ms"]),
    state,
  };
}

export const leftOutIn = (row: JobRow): LeftOut => ({
  failureId: String(row["failure_id"]),
  service: row["service"] as string | null,
  handler: row["handler"] as string | null,
  why: row["why"] as LeftOutReason,
});

/** Jobs that may still change. */
export const activeStates = "('running', 'paused', 'stopped', 'cancelled')";
/** Jobs that still ask for what they have. */
export const askingStates = "('running', 'paused', 'stopped')";
