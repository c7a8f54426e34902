import type { TopicSpec } from "../seams/event-log.ts";
import {
  auditTopic,
  commandsTopic,
  deadLetterRetentionMs,
  deadLetterTopic,
  logRetentionBytes,
  logRetentionMs,
  logsTopic,
  marksTopic,
  receiptRetentionMs,
  receiptsTopic,
  redriveTopic,
  servicesTopic,
} from "./topic-names.ts";

/** The topics that all services share, as whoever comes first creates them. */
export const systemTopicSpecs: readonly TopicSpec[] = [
  { name: servicesTopic, partitions: 1, compacted: true },
  { name: commandsTopic, partitions: 1, compacted: true },
  { name: receiptsTopic, partitions: 3, retentionMs: receiptRetentionMs },
  { name: auditTopic, partitions: 1 },
  { name: marksTopic, partitions: 1, compacted: true },
];

/** The one that only services need which ship their log lines. */
export const logsTopicSpec: TopicSpec = {
  name: logsTopic,
  partitions: 3,
  retentionMs: logRetentionMs,
  retentionBytes: logRetentionBytes,
};

/** Those that a service needs. */
export const systemTopicsFor = ({ shipsLogs }: { readonly shipsLogs: boolean }): readonly TopicSpec[] =>
  shipsLogs ? [...systemTopicSpecs, logsTopicSpec] : systemTopicSpecs;

/** The spec of one of them, or a plain topic. */
export const topicSpec = (name: string): TopicSpec => systemTopicSpecs.find((spec) => spec.name === name) ?? { name };

/** The topics of one service's own. */
export const ownTopicSpecs = (service: string): readonly TopicSpec[] => [
  { name: deadLetterTopic(service), retentionMs: deadLetterRetentionMs },
  { name: redriveTopic(service), retentionMs: deadLetterRetentionMs },
];
