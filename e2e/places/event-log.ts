import { openKafkaLog } from "@throughline/kafka";
import { openSqliteLog } from "@throughline/sqlite";
import type { EventLog } from "throughline";

/** `sqlite:<file>`, or `kafka://host:9092,host:9092`. */
export function openEventLog(url: string): Promise<EventLog> {
  return url.startsWith("kafka:") ? openKafkaLog(url) : openSqliteLog(url);
}
