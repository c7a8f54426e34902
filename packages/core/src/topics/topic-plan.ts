import type { EventContract } from "../contract/index.ts";
import { isAdopted } from "../contract/adopt-event.ts";
import type { TopicSpec } from "../seams/event-log.ts";
import {
  auditTopic,
  commandsTopic,
  deadLetterTopic,
  logsTopic,
  marksTopic,
  receiptsTopic,
  redriveTopic,
  servicesTopic,
} from "../system-topics/topic-names.ts";
import { ownTopicSpecs, systemTopicsFor } from "../system-topics/topic-specs.ts";
import { streamTopics } from "./stream-topics.ts";

/** What a service needs of the event log, told without one. */
export interface TopicPlan {
  readonly service: string;
  /** Its consumer group; null where it only publishes. */
  readonly group: string | null;
  readonly topics: readonly PlannedTopic[];
}

export interface PlannedTopic {
  readonly spec: TopicSpec;
  /** `service`: it is this service's to create. `shared`: any service's. `other`: somebody else publishes to it. */
  readonly creator: "service" | "shared" | "other";
  readonly reads: boolean;
  readonly writes: boolean;
}

export interface TopicPlanParts {
  readonly service: string;
  readonly publishes: readonly EventContract[];
  readonly handles: readonly EventContract[];
  readonly hasStore: boolean;
  readonly shipsLogs: boolean;
}

export function topicPlan({ service, publishes, handles, hasStore, shipsLogs }: TopicPlanParts): TopicPlan {
  const published = streamTopics(publishes);
  const names = new Set(published.map(({ name }) => name));
  // A stream that somebody else publishes has what its publisher's contracts say, whatever this service's copies of them do.
  const foreign = streamTopics(handles).filter(({ name }) => !names.has(name));
  const adopted = new Set(handles.filter(isAdopted).map(({ stream }) => stream));
  const writes = new Set([deadLetterTopic(service), servicesTopic, receiptsTopic, auditTopic, marksTopic]);
  // What was said in the services' topic and nobody needs is taken out again.
  const reads = new Set([redriveTopic(service), commandsTopic, marksTopic, servicesTopic]);
  const uses = ({ name }: TopicSpec) => ({
    reads: (hasStore && reads.has(name)) || name === servicesTopic,
    writes: (hasStore && writes.has(name)) || name === servicesTopic || name === logsTopic,
  });
  return {
    service,
    group: hasStore ? service : null,
    topics: [
      // What was sent is read after a restored store, and to write receipts of it.
      ...published.map((spec): PlannedTopic => ({
        spec,
        creator: adopted.has(spec.name) ? "other" : "service",
        reads: hasStore,
        writes: true,
      })),
      ...foreign.map((spec): PlannedTopic => ({ spec, creator: "other", reads: true, writes: false })),
      ...ownTopicSpecs(service).map((spec): PlannedTopic => ({ spec, creator: "service", ...uses(spec) })),
      ...systemTopicsFor({ shipsLogs }).map((spec): PlannedTopic => ({ spec, creator: "shared", ...uses(spec) })),
    ],
  };
}
