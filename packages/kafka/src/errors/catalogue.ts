import { errorTable } from "throughline/seams";

/** Error codes that only the log on Kafka has; everything else is a code of the seam. */
export const kafkaErrors = {
  KAFKA_ADDRESS_INVALID: {
    retryable: false,
    message: (d: { given: string; what: string }) =>
      `"${d.given}" is no address of a Kafka cluster: ${d.what}; write it as kafka://host:9092,host:9092`,
  },
  KAFKA_OPTIONS_INVALID: {
    retryable: false,
    message: (d: { what: string }) => `the options of the log on Kafka do not fit together: ${d.what}`,
  },
  KAFKA_SECRET_UNREADABLE: {
    retryable: false,
    message: (d: { option: string; file: string; what: string }) =>
      `${d.option} names ${d.file}, which cannot be read (${d.what}); check that the secret is mounted there`,
  },
  KAFKA_AUTHENTICATION_FAILED: {
    retryable: false,
    message: (d: { broker: string; mechanism: string; what: string }) =>
      `broker ${d.broker} refuses who we are (${d.mechanism}: ${d.what}); check user, password or token, and the mechanism`,
  },
  KAFKA_TLS_FAILED: {
    retryable: false,
    message: (d: { broker: string; what: string }) =>
      `no secure connection to broker ${d.broker} (${d.what}); check the certificate authority, the host name, and whether this port speaks TLS`,
  },
  KAFKA_NOT_AUTHORISED: {
    retryable: false,
    message: (d: { what: string; operation: string }) =>
      `this user may not ${d.operation} ${d.what}; ask who owns the cluster for it: "throughline topics plan" prints what services need`,
  },
  KAFKA_GROUP_FOREIGN: {
    retryable: false,
    message: (d: { group: string; what: string }) =>
      `group "${d.group}" has members of another kind (${d.what}); end them, or give this service a group of its own`,
  },
  KAFKA_SESSION_INVALID: {
    retryable: false,
    message: (d: { group: string; sessionTimeoutMs: number }) =>
      `the brokers refuse a session of ${d.sessionTimeoutMs} ms for group "${d.group}"; keep it between their group.min.session.timeout.ms and group.max.session.timeout.ms`,
  },
  KAFKA_TOPIC_REFUSED: {
    retryable: false,
    message: (d: { topic: string; what: string }) => `topic "${d.topic}" cannot be created: ${d.what}`,
  },
  KAFKA_TOPICS_MISSING: {
    retryable: false,
    message: (d: { topics: string }) =>
      `these topics do not exist, and { topics: { create: false } } says that somebody else creates them: ${d.topics}; have them created, for which "throughline topics plan" prints what they must be`,
  },
  KAFKA_RECORDS_UNREADABLE: {
    retryable: false,
    message: (d: { topic: string; partition: number; offset: number; what: string }) =>
      `records of ${d.topic}/${d.partition} from offset ${d.offset} cannot be read: ${d.what}`,
  },
  KAFKA_REQUEST_FAILED: {
    retryable: false,
    message: (d: { what: string; code: string }) => `the brokers answer ${d.code} to ${d.what}`,
  },
} as const;

export const kafkaError = errorTable(kafkaErrors);
