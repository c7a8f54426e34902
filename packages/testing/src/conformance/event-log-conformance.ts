import { describe } from "node:test";
import type { EventLog } from "throughline/seams";
import { eventLogAppends } from "./event-log-append.ts";
import { eventLogLifecycle } from "./event-log-lifecycle.ts";
import type { EventLogUnderTest } from "./event-log-options.ts";
import { eventLogReads } from "./event-log-read.ts";
import { eventLogRebalances } from "./event-log-rebalance.ts";
import { eventLogSubscriptions } from "./event-log-subscribe.ts";
import { eventLogTopics } from "./event-log-topics.ts";

/**
 * Registers, with `node:test`, the suite that every event log passes: each sentence of the `EventLog` seam is a test.
 * What the log does not declare is left out; what needs a hook that is not given is skipped by name.
 *
 * @example
 *   eventLogConformance("memory", {
 *     features: { retention: true, processes: false, durable: false },
 *     open: async () => createMemoryLog(),
 *     expire: (log, subscription) => log.expireMember(subscription),
 *   });
 */
export function eventLogConformance<Log extends EventLog>(name: string, underTest: EventLogUnderTest<Log>): void {
  describe(`event log conformance: ${name}`, () => {
    eventLogAppends(underTest);
    eventLogReads(underTest);
    eventLogTopics(underTest);
    eventLogSubscriptions(underTest);
    eventLogRebalances(underTest);
    eventLogLifecycle(underTest);
  });
}
