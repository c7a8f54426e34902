import type { EventLog } from "throughline/seams";
import { Cluster } from "./connection/cluster.ts";
import { kafkaAddress } from "./connection/kafka-address.ts";
import { connectionSecurity, type SaslOptions, securityFromEnv, type SecurityOptions } from "./connection/security.ts";
import { TopicNames } from "./connection/topic-names.ts";
import { kafkaError } from "./errors/index.ts";
import { KafkaLog } from "./kafka-log.ts";

export interface KafkaLogOptions {
  /** `kafka://host:9092,host:9092`: some brokers of the cluster, which name the others. */
  readonly url: string;
  /** Default: what the environment says, see the guide; none without. */
  readonly tls?: SecurityOptions["tls"];
  readonly sasl?: SaslOptions;
  readonly topics?: {
    /** Stands before the name of every topic at the brokers, and nowhere else. Default `THROUGHLINE_KAFKA_PREFIX`, or none. */
    readonly prefix?: string;
    /** Whether topics that do not exist are created. Default true, unless `THROUGHLINE_KAFKA_CREATE` is "false". */
    readonly create?: boolean;
    /** Partitions of a topic that is created without a number. Default 6. */
    readonly partitions?: number;
    /** Copies of each partition. Default: the brokers' default. */
    readonly replicas?: number;
    /** Further settings of each new topic, such as `{ "min.insync.replicas": "2" }`. */
    readonly settings?: Readonly<Record<string, string>>;
  };
  /** What brokers show this client as, in logs and quotas. Default "throughline". */
  readonly clientId?: string;
  /** Bytes of key + value + headers. Default 1,000,000, which fits the brokers' default for a batch (1,048,588). */
  readonly maxRecordBytes?: number;
  /** A call goes on trying for so long while brokers fail. Default 30,000 ms. */
  readonly giveUpAfterMs?: number;
  /** A broker that does not answer a request within this time has failed. Default 10,000 ms. */
  readonly requestTimeoutMs?: number;
  /** How often members of groups look for new topics and partitions. Default 5,000 ms. */
  readonly topicPollMs?: number;
}

/**
 * Opens the event log on Kafka. Close it, or hold it with `await using`.
 *
 * Records are appended with acks=all and numbered, one batch of a partition at a time; groups use the classic protocol with
 * cooperative assignment; records of foreign transactions are read when they are committed.
 *
 * @throws LOG_UNAVAILABLE when no broker answers, KAFKA_AUTHENTICATION_FAILED, KAFKA_TLS_FAILED, KAFKA_ADDRESS_INVALID,
 *   KAFKA_OPTIONS_INVALID, KAFKA_SECRET_UNREADABLE
 * @example
 *   await using log = await openKafkaLog("kafka://localhost:9092");
 *   await log.createTopics([{ name: "order" }]);
 *   await log.append([{ topic: "order", key, value, headers: [] }]);
 */
export async function openKafkaLog(urlOrOptions: string | KafkaLogOptions): Promise<EventLog> {
  return openLog(typeof urlOrOptions === "string" ? { url: urlOrOptions } : urlOrOptions);
}

/** The same with what is not part of the seam. */
export async function openLog({
  url,
  tls,
  sasl,
  topics = {},
  clientId = "throughline",
  maxRecordBytes = 1_000_000,
  giveUpAfterMs = 30_000,
  requestTimeoutMs = 10_000,
  topicPollMs = 5_000,
}: KafkaLogOptions): Promise<KafkaLog> {
  const bootstrap = kafkaAddress(url);
  const { THROUGHLINE_KAFKA_PREFIX: envPrefix = "", THROUGHLINE_KAFKA_CREATE: envCreate } = process.env;
  const { prefix = envPrefix, create = envCreate !== "false", partitions = 6, replicas = -1, settings = {} } = topics;
  if (!/^[a-zA-Z0-9._-]*$/.test(prefix))
    throw kafkaError("KAFKA_OPTIONS_INVALID", {
      what: `the prefix "${prefix}" has other than letters, digits, dots, hyphens and underscores`,
    });
  const fromEnv = await securityFromEnv(process.env);
  const security = connectionSecurity({
    ...fromEnv,
    ...(tls === undefined ? {} : { tls }),
    ...(sasl === undefined ? {} : { sasl }),
  });
  const cluster = new Cluster({
    clientId,
    bootstrap,
    connection: { ...security, connectTimeout: requestTimeoutMs, requestTimeout: requestTimeoutMs },
    names: new TopicNames(prefix),
    giveUpAfterMs,
    requestTimeoutMs,
  });
  try {
    await cluster.connect();
  } catch (error) {
    await cluster.close();
    throw error;
  }
  // A batch of several records keeps within the brokers' default; a single record may be as large as it is allowed to be.
  const producer = { maxRecordBytes, maxBatchBytes: 1_000_000, giveUpAfterMs };
  return new KafkaLog({ cluster, producer, topics: { create, defaultPartitions: partitions, replicas, settings }, topicPollMs });
}
