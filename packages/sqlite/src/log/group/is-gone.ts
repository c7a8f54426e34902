import { isAlive } from "throughline/seams";
import type { MemberRow } from "./group-tables.ts";

/** A heartbeat so far in the future is one from before the machine was started anew. */
const clockToleranceMs = 1_000;

/**
 * Whether a member's partitions may go to others: its session ran out, or its process ended. The name of a static member is kept
 * for it until its session runs out.
 */
export function isGone({ process, instanceId, heartbeatMs, sessionMs }: MemberRow, machineNowMs: number): boolean {
  const expired = machineNowMs - heartbeatMs > sessionMs || heartbeatMs - machineNowMs > clockToleranceMs;
  return expired || (instanceId === null && !isAlive(process));
}
