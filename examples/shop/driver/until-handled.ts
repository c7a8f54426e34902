import type { AppendResult, EventLog } from "throughline";
import { until } from "./until.ts";

/** Waits until these services are done with (or have parked) all records that these appends to one topic made. */
export async function untilHandled(
  log: EventLog,
  services: readonly string[],
  results: readonly AppendResult[],
  topic = "order",
): Promise<void> {
  const last = new Map<number, number>();
  for (const result of results) {
    if (!result.ok) throw result.error;
    last.set(result.partition, Math.max(result.offset, last.get(result.partition) ?? 0));
  }
  await Promise.all(
    services.map((service) =>
      until(
        `${service} has handled what was appended to ${topic}`,
        async () => {
          const committed = new Map(
            (await log.committedOffsets(service))
              .filter((each) => each.topic === topic)
              .map(({ partition, offset }) => [partition, offset]),
          );
          return [...last].every(([partition, offset]) => (committed.get(partition) ?? 0) > offset);
        },
        { timeoutMs: 120_000, everyMs: 200 },
      ),
    ),
  );
}
