import type { Attempt, ParkedRow } from "../seams/store.ts";
import { isInfrastructureFailure } from "./failure.ts";
import { waitFor } from "./retry-wait.ts";
import type { ServiceScope } from "./scope.ts";

/** So many processes died over the same work, nobody knows by which event: from then on each is run alone, noted before. */
export const deathsBeforeAlone = 2;
/** An event that was running alone at so many deaths is a dead letter. */
export const deathsOfACrasher = 3;

/** Runs a small transaction until the store has it; gives up when the service must end. */
export async function untilStored<Tx>(scope: ServiceScope<Tx>, work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isInfrastructureFailure(error) || scope.deadline.aborted) throw error;
      await waitFor(scope.surroundings, Math.min(2_000, 5 * 2 ** Math.min(tries, 9)), scope.deadline);
    }
  }
}

/** How many processes died in an attempt at a parked event since its last outcome, and in how many of those it ran alone. */
export function deathsIn({ attempts }: ParkedRow, life: string): { deaths: number; alone: number } {
  const dead = attempts.filter((attempt) => attempt.endedAtMs === null && attempt.life !== undefined && attempt.life !== life);
  return { deaths: dead.length, alone: dead.filter((attempt) => attempt.alone === true).length };
}

/** An attempt at which its process did not die, or where that is told otherwise. */
export function withoutLife({ life: _, alone: __, ...attempt }: Attempt): Attempt {
  return attempt;
}

/** The row as it is before the attempt that is under way: its lease is over, and the attempt is booked with its outcome, not twice. */
export function withoutOpenAttempt<Row extends ParkedRow>(row: Row): Row {
  const open = row.attempts.findLastIndex((attempt) => attempt.endedAtMs === null);
  return { ...row, lease: null, dueAtMs: null, attempts: open < 0 ? row.attempts : row.attempts.toSpliced(open, 1) };
}
