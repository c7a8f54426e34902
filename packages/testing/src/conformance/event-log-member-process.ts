import type { EventLog, Subscription } from "throughline/seams";
import type { SpawnedMemberOptions } from "./event-log-options.ts";

/**
 * What a process started by `EventLogUnderTest.spawnMember` runs: joins the group, and commits every batch it is given.
 *
 * @example
 *   await runEventLogMember(openSqliteLog(path), JSON.parse(process.argv[2]!));
 */
export async function runEventLogMember(log: EventLog, options: SpawnedMemberOptions): Promise<Subscription> {
  const { group, topic, sessionTimeoutMs, instanceId } = options;
  const ready = Promise.withResolvers<void>();
  const joined: Subscription = await log.subscribe({
    group,
    topics: [topic],
    sessionTimeoutMs,
    ...(instanceId === undefined ? {} : { instanceId }),
    onAssigned: async (partitions) => partitions.map((p) => p.committedOffset ?? p.earliestOffset),
    onBatch: async (batch) => {
      await ready.promise;
      joined.commit(batch, batch.nextOffset);
    },
    onRevoked: async () => {},
    onLost: () => {},
    onError: (error) => console.error(error),
  });
  ready.resolve();
  return joined;
}
