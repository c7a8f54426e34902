import type { EventContract } from "../contract/index.ts";
import { isThroughlineError } from "../errors/index.ts";
import type { ServiceScope } from "../handling/scope.ts";
import type { TopicInfo, TopicSpec } from "../seams/event-log.ts";
import { isSystemTopic, ownTopicSpecs, systemTopicsFor, topicSpec } from "../system-topics/index.ts";
import { streamTopics, topicDifferences } from "../topics/stream-topics.ts";

/**
 * Creates the topics that a service writes to, and compares those that existed with its contracts; never one that it adopts, for that
 * is somebody else's. System topics that cannot be created are one warning (R14).
 * @param existing The topics that the log had before.
 */
export async function createServiceTopics(
  scope: Pick<ServiceScope<unknown>, "log" | "logger" | "shipper" | "identity" | "deliveries">,
  publishes: readonly EventContract[],
  existing: readonly TopicInfo[],
): Promise<void> {
  const { service } = scope.identity;
  const streams = streamTopics(publishes.filter(({ stream }) => !scope.deliveries.isAdopted(stream)));
  await scope.log.createTopics([...streams, ...ownTopicSpecs(service)]);
  compareTopics(scope.logger, streams, existing);
  try {
    await scope.log.createTopics(systemTopicsFor({ shipsLogs: scope.shipper !== null }));
  } catch (error) {
    scope.logger.warn(
      { err: error },
      "the system topics cannot be created; handling and publishing go on without receipts and announcements",
    );
  }
}

/** Those that existed before stay as they are. */
function compareTopics(
  logger: ServiceScope<unknown>["logger"],
  streams: readonly TopicSpec[],
  existing: readonly TopicInfo[],
): void {
  const byName = new Map(existing.map((topic) => [topic.name, topic]));
  for (const spec of streams) {
    const topic = byName.get(spec.name);
    const differences = topic === undefined ? [] : topicDifferences(spec, topic);
    if (differences.length > 0)
      logger.warn(
        { topic: spec.name, differences },
        `topic "${spec.name}" exists and is not as its contracts say: ${differences.join("; ")}. Change the topic, or the contracts`,
      );
  }
}

/** Creates system topics that were deleted meanwhile. Never rejects, and says nothing: whoever writes to them has said it. */
export async function restoreSystemTopics(scope: Pick<ServiceScope<unknown>, "log" | "shipper">): Promise<void> {
  await scope.log.createTopics(systemTopicsFor({ shipsLogs: scope.shipper !== null })).catch(() => undefined);
}

/**
 * Makes sure of a topic before the first record to it: a contract may be published that the service did not declare. One that
 * cannot be created is no reason to wait: the log then refuses its records, and only theirs.
 */
export async function ensureTopic(scope: Pick<ServiceScope<unknown>, "log" | "deliveries">, topic: string): Promise<void> {
  if (scope.deliveries.isAdopted(topic)) return;
  try {
    await scope.log.createTopics([topicSpec(topic)]);
  } catch (error) {
    if (!isThroughlineError(error) || (error.retryable && !isSystemTopic(topic))) throw error;
  }
}
