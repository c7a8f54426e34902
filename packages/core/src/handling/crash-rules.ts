import { isInfrastructureFailure } from "./failure.ts";
import { waitFor } from "./retry-wait.ts";
import type { ServiceScope } from "./scope.ts";

/** So many processes died over the same work, nobody knows by which event: from then on each is run alone, noted before. */
export const deathsBeforeAlone = 2;
/** An event that was running alone at so many deaths is a dead letter. */
export const deathsOfACrasher = 3;

/** Runs a small transaction until the store has it, or the service must end. */
export async function untilStored<Tx>(scope: ServiceScope<Tx>, work: () => Promise<void>): Promise<void> {
  for (let tries = 1; !scope.deadline.aborted; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isInfrastructureFailure(error)) throw error;
      await waitFor(scope.surroundings, Math.min(2_000, 5 * 2 ** Math.min(tries, 9)), scope.deadline);
    }
  }
}
