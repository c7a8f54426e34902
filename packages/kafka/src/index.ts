export { type KafkaLogOptions, openKafkaLog } from "./open-kafka-log.ts";
export type { SaslOptions, Secret } from "./connection/security.ts";
export { topicSettings } from "./topics/create-topics.ts";
export { kafkaErrors } from "./errors/index.ts";
