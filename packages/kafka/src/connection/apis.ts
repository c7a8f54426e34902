import * as library from "@platformatic/kafka";
import type { Api } from "./broker-link.ts";

interface LibraryModule<Args extends unknown[], Response> {
  readonly api: { readonly key: number; readonly version: number };
  createRequest(...args: Args): library.Writer;
  parseResponse(correlationId: number, key: number, version: number, reader: library.Reader): Response;
}

function api<Args extends unknown[], Response>(module: LibraryModule<Args, Response>): Api<Args, Response> {
  const { createRequest, parseResponse } = module;
  return { key: module.api.key, version: module.api.version, createRequest, parseResponse };
}

/** The requests that this package sends, in versions that brokers from 3.3 on know. Produce and fetch are our own: see `protocol/`. */
export const apis = {
  metadata: api(library.metadataV12),
  findCoordinator: api(library.findCoordinatorV4),
  initProducerId: api(library.initProducerIdV4),
  listOffsets: api(library.listOffsetsV7),
  joinGroup: api(library.joinGroupV9),
  syncGroup: api(library.syncGroupV5),
  heartbeat: api(library.heartbeatV4),
  leaveGroup: api(library.leaveGroupV5),
  offsetCommit: api(library.offsetCommitV8),
  offsetFetch: api(library.offsetFetchV8),
  listGroups: api(library.listGroupsV4),
  describeGroups: api(library.describeGroupsV5),
  describeConsumerGroups: api(library.consumerGroupDescribeV0),
  createTopics: api(library.createTopicsV7),
  deleteTopics: api(library.deleteTopicsV6),
  describeConfigs: api(library.describeConfigsV4),
} as const;
