import type { ConnectionOptions } from "@platformatic/kafka";
import { coreError, isThroughlineError } from "throughline/seams";
import { codeName, isRetriable, kafkaError, protocolCodes } from "../errors/index.ts";
import { apis } from "./apis.ts";
import { type Patience, persist } from "./backoff.ts";
import { BrokerLink } from "./broker-link.ts";
import type { BrokerAddress } from "./kafka-address.ts";
import type { TopicNames } from "./topic-names.ts";

export interface PartitionPlace {
  /** Node id; -1 when there is none at the moment. */
  readonly leader: number;
  readonly epoch: number;
  /** How many nodes keep a copy. */
  readonly replicas: number;
}

export interface KnownTopic {
  /** Without the prefix. */
  readonly name: string;
  readonly id: string;
  readonly partitions: readonly PartitionPlace[];
}

export interface ClusterOptions {
  readonly clientId: string;
  readonly bootstrap: readonly BrokerAddress[];
  readonly connection: ConnectionOptions;
  readonly names: TopicNames;
  /** How long one call goes on trying when brokers fail. */
  readonly giveUpAfterMs: number;
  readonly requestTimeoutMs: number;
}

/** What a link is for: what waits long must not keep others waiting. */
export type Purpose = "control" | "produce" | `fetch-${string}` | `member-${string}`;

/** The brokers and what they said of topics last, one link for each broker and purpose. */
export class Cluster {
  readonly names: TopicNames;
  readonly requestTimeoutMs: number;
  readonly patience: Patience;
  readonly #options: ClusterOptions;
  readonly #brokers = new Map<number, BrokerAddress>();
  readonly #topics = new Map<string, KnownTopic>();
  readonly #links = new Map<string, BrokerLink>();
  readonly #coordinators = new Map<string, number>();
  readonly #asking = new Map<string, Promise<KnownTopic | null>>();

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.names = options.names;
    this.requestTimeoutMs = options.requestTimeoutMs;
    this.patience = { giveUpAfterMs: options.giveUpAfterMs };
  }

  /** Learns the brokers. @throws LOG_UNAVAILABLE, KAFKA_AUTHENTICATION_FAILED, KAFKA_TLS_FAILED */
  async connect(): Promise<void> {
    await this.#metadata([]);
  }

  /** Node ids of the brokers. */
  nodes(): number[] {
    return [...this.#brokers.keys()];
  }

  /** @throws LOG_UNAVAILABLE when the broker is not known any more. */
  link(node: number, purpose: Purpose = "control", requestTimeoutMs = this.requestTimeoutMs, clientId?: string): BrokerLink {
    const address = this.#brokers.get(node);
    if (address === undefined) throw coreError("LOG_UNAVAILABLE", { what: "the partition has no leader at the moment" });
    return this.#linkTo(address, purpose, requestTimeoutMs, clientId);
  }

  /** Any broker that answers. */
  async anyBroker<T>(call: (link: BrokerLink) => Promise<T>): Promise<T> {
    const known = [...this.#brokers.values()].sort(() => Math.random() - 0.5);
    const addresses = [
      ...known,
      ...this.#options.bootstrap.filter((b) => !known.some((k) => k.host === b.host && k.port === b.port)),
    ];
    const failures: string[] = [];
    for (const address of addresses) {
      try {
        return await call(this.#linkTo(address, "control", this.requestTimeoutMs));
      } catch (error) {
        if (!isThroughlineError(error, "LOG_UNAVAILABLE")) throw error;
        failures.push(error.message.replace(/^the event log cannot be reached: |; nothing is lost.*$/g, ""));
      }
    }
    throw coreError("LOG_UNAVAILABLE", { what: `no broker answers (${failures.join("; ")})` });
  }

  /** A topic as it was last seen, or as the brokers say now. Null when there is none. */
  async find(topic: string): Promise<KnownTopic | null> {
    return this.#topics.get(topic) ?? this.refresh(topic);
  }

  /** As it was last seen. */
  known(topic: string): KnownTopic | undefined {
    return this.#topics.get(topic);
  }

  /** @throws LOG_TOPIC_UNKNOWN */
  async topic(topic: string): Promise<KnownTopic> {
    const found = await persist(this.patience, () => this.find(topic));
    if (found === null) throw coreError("LOG_TOPIC_UNKNOWN", { topic });
    return found;
  }

  /** Asks the brokers anew; concurrent callers share one question. */
  refresh(topic: string): Promise<KnownTopic | null> {
    const asking = this.#asking.get(topic) ?? this.#ask(topic).finally(() => this.#asking.delete(topic));
    this.#asking.set(topic, asking);
    return asking;
  }

  /** Several at once; what does not exist is left out. */
  async refreshAll(topics: readonly string[]): Promise<KnownTopic[]> {
    const found = await this.#metadata(topics.map((topic) => this.names.onWire(topic)));
    for (const topic of topics) if (!found.some(({ name }) => name === topic)) this.#topics.delete(topic);
    return found;
  }

  /** Every topic with our prefix, but those of Kafka itself. */
  async allTopics(): Promise<KnownTopic[]> {
    return persist(this.patience, () => this.#metadata(null));
  }

  /** What was known of this topic is wrong. */
  forget(topic: string): void {
    this.#topics.delete(topic);
  }

  /** The node that coordinates a group. @throws LOG_UNAVAILABLE, KAFKA_NOT_AUTHORISED */
  async coordinator(group: string): Promise<number> {
    const found = (await this.coordinators(new Set([group]))).get(group);
    if (typeof found !== "number") throw found ?? groupFailure(group, -1, "use");
    return found;
  }

  /** The nodes that coordinate groups, or why one cannot be named; asks for those that are not known at once. @throws LOG_UNAVAILABLE */
  async coordinators(groups: ReadonlySet<string>): Promise<Map<string, number | Error>> {
    const nodes = new Map<string, number | Error>();
    const unknown: string[] = [];
    for (const group of groups) {
      const known = this.#coordinators.get(group);
      if (known !== undefined && this.#brokers.has(known)) nodes.set(group, known);
      else unknown.push(group);
    }
    if (unknown.length === 0) return nodes;
    const { coordinators } = await this.anyBroker((link) => link.call(apis.findCoordinator, 0, unknown));
    for (const { key: group, errorCode, nodeId, host, port } of coordinators) {
      if (errorCode === 0) {
        this.#brokers.set(nodeId, { host, port });
        this.#coordinators.set(group, nodeId);
      }
      nodes.set(group, errorCode === 0 ? nodeId : groupFailure(group, errorCode, "use"));
    }
    return nodes;
  }

  forgetCoordinator(group: string): void {
    this.#coordinators.delete(group);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }

  #linkTo(address: BrokerAddress, purpose: Purpose, requestTimeoutMs: number, clientId = this.#options.clientId): BrokerLink {
    const key = `${purpose} ${address.host}:${address.port}`;
    let link = this.#links.get(key);
    if (link === undefined) {
      link = new BrokerLink(clientId, address, { ...this.#options.connection, requestTimeout: requestTimeoutMs });
      this.#links.set(key, link);
    }
    return link;
  }

  /** Closes the links of one purpose, such as those of a member that left. */
  async closeLinks(purpose: Purpose): Promise<void> {
    const ending = [...this.#links].filter(([key]) => key.startsWith(`${purpose} `));
    for (const [key] of ending) this.#links.delete(key);
    await Promise.all(ending.map(([, link]) => link.close()));
  }

  async #ask(topic: string): Promise<KnownTopic | null> {
    const [found] = await this.#metadata([this.names.onWire(topic)]);
    if (found === undefined) this.#topics.delete(topic);
    return found ?? null;
  }

  async #metadata(wireNames: readonly string[] | null): Promise<KnownTopic[]> {
    const { brokers, topics } = await this.anyBroker((link) => link.call(apis.metadata, wireNames as string[], false, false));
    this.#brokers.clear();
    for (const { nodeId, host, port } of brokers) this.#brokers.set(nodeId, { host, port });
    const found: KnownTopic[] = [];
    for (const { errorCode, name: wireName, topicId, isInternal, partitions } of topics) {
      const name = this.names.fromWire(wireName ?? "");
      if (
        errorCode === protocolCodes.unknownTopicOrPartition ||
        errorCode === protocolCodes.unknownTopicId ||
        isInternal ||
        name === null
      )
        continue;
      if (errorCode === protocolCodes.topicAuthorizationFailed && wireNames === null) continue;
      if (errorCode === 17) continue; // INVALID_TOPIC: a name that no topic can have
      if (errorCode !== 0) throw topicFailure(name, errorCode, "describe");
      const places: PartitionPlace[] = [];
      for (const { partitionIndex, leaderId, leaderEpoch, replicaNodes } of partitions)
        places[partitionIndex] = { leader: leaderId, epoch: leaderEpoch, replicas: replicaNodes.length };
      const topic = { name, id: topicId, partitions: places };
      this.#topics.set(name, topic);
      found.push(topic);
    }
    return found;
  }
}

/** What the brokers answered about a topic, as an error of ours. */
export function topicFailure(topic: string, code: number, operation: string): Error {
  if (code === protocolCodes.topicAuthorizationFailed)
    return kafkaError("KAFKA_NOT_AUTHORISED", { what: `topic "${topic}"`, operation });
  if (code === protocolCodes.unknownTopicOrPartition || code === protocolCodes.unknownTopicId)
    return coreError("LOG_TOPIC_UNKNOWN", { topic });
  return requestFailure(`${operation} topic "${topic}"`, code);
}

/** What the brokers answered about a group, as an error of ours. */
export function groupFailure(group: string, code: number, operation: string): Error {
  if (code === protocolCodes.groupAuthorizationFailed)
    return kafkaError("KAFKA_NOT_AUTHORISED", { what: `group "${group}"`, operation });
  return requestFailure(`${operation} group "${group}"`, code);
}

export function requestFailure(what: string, code: number): Error {
  if (code === protocolCodes.clusterAuthorizationFailed)
    return kafkaError("KAFKA_NOT_AUTHORISED", { what: "the cluster", operation: what });
  if (isRetriable(code)) return coreError("LOG_UNAVAILABLE", { what: `${codeName(code)} to ${what}` });
  return kafkaError("KAFKA_REQUEST_FAILED", { what, code: codeName(code) });
}
