/** The names of the topics that Throughline itself uses; `prefix` stands before all of them. */
export const servicesTopic = "throughline.services";
export const commandsTopic = "throughline.commands";
export const receiptsTopic = "throughline.receipts";
export const auditTopic = "throughline.audit";
export const marksTopic = "throughline.marks";
export const logsTopic = "throughline.logs";

export const deadLetterTopic = (service: string): string => `${service}.dlt`;
export const redriveTopic = (service: string): string => `${service}.redrive`;

/** Whether losing this topic may stop nothing (R14). */
export const isSystemTopic = (topic: string): boolean => topic.startsWith("throughline.");

const dayMs = 24 * 60 * 60 * 1000;
export const deadLetterRetentionMs = 30 * dayMs;
export const receiptRetentionMs = 7 * dayMs;
export const logRetentionMs = 7 * dayMs;
/** Of each partition: log lines are many, and whoever fills the disk with them stops everybody. */
export const logRetentionBytes = 1024 ** 3;

/** Whether a service may be named so: it names its topics and its consumer group. */
export const isServiceName = (name: unknown): boolean => typeof name === "string" && /^[a-z0-9][a-z0-9._-]{0,127}$/i.test(name);
