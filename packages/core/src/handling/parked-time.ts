import type { ParkedRow, PositionRow } from "../seams/store.ts";
import type { HandlerSpec } from "./handler-state.ts";
import { isOpen } from "./order-decision.ts";

export const isDue = (row: ParkedRow): boolean => row.state === "waiting" && row.dueAtMs !== null;
export const isLeased = (row: ParkedRow): boolean => row.lease !== null;

/** Its turn is not now. Nothing gives an event that is held its time but the end of the hold: it waits like the others. */
export function withoutTime(row: ParkedRow): ParkedRow {
  return { ...row, dueAtMs: null, reason: row.reason === "held" ? "behind" : row.reason };
}

/**
 * What stands first in its subject, with the time at which it is tried; null when it has one, or needs none.
 * @param isNext Nothing is missing between the position and it.
 */
export function withTimeOfFirst<Tx>(
  head: ParkedRow,
  position: PositionRow,
  { spec, isNext, nowMs }: { spec: HandlerSpec<Tx>; isNext: boolean; nowMs: number },
): ParkedRow | null {
  // The one it missed came after all.
  if (isNext && head.state === "dead" && head.reason === "gap")
    return { ...head, state: "waiting", reason: "behind", dueAtMs: nowMs, logDueMs: null };
  if (head.state !== "waiting") return null;
  if (isNext && head.dueAtMs === null && head.reason !== "held") {
    const reason = spec.work.kind === "call" && head.handled ? "call" : "behind";
    return { ...head, reason, dueAtMs: nowMs, logDueMs: null };
  }
  if (isNext || head.logDueMs !== null) return null;
  const [reason, waitMs] = isOpen(position) ? (["window", spec.windowMs] as const) : (["gap", spec.gapDeadlineMs] as const);
  return { ...head, reason, dueAtMs: null, logDueMs: head.record.timestampMs + waitMs };
}
