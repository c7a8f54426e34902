import type { Run } from "../seams/store.ts";
import type { ServiceScope } from "./scope.ts";

/**
 * How far a run has come in a stream, in the time of the records (R5): the least over the stream's partitions of the timestamp
 * its cursor passed, or of the wall clock where it stands at the end, or at its own. So downtime and lag let no deadline pass, and a partition
 * without traffic stops none.
 */
export async function logTimeOf(scope: ServiceScope<unknown>, run: Run & { readonly stream: string }): Promise<number> {
  const nowMs = scope.surroundings.clock.now();
  const cursors = await scope.store.unitOfWork((unit) => unit.cursors.list(run), { readOnly: true });
  const ends = new Map((await scope.log.offsets(run.stream)).map(({ partition, end }) => [partition, end]));
  let least = nowMs;
  for (const cursor of cursors) {
    if (cursor.topic !== run.stream) continue;
    const end = Math.min(ends.get(cursor.partition) ?? cursor.offset, cursor.untilOffset ?? Number.POSITIVE_INFINITY);
    const isAtEnd = cursor.offset >= end;
    least = Math.min(least, isAtEnd ? nowMs : cursor.logTimeMs);
  }
  return least;
}
