import { openSqliteLog } from "@throughline/sqlite";
import type { EventLog } from "throughline";

/** `sqlite:<file>`, or `kafka://host:9092,host:9092`. */
export async function openEventLog(url: string): Promise<EventLog> {
  if (!url.startsWith("kafka:")) return openSqliteLog(url);
  // Its client takes longer to load than all the rest of a service.
  const { openKafkaLog } = await import("@throughline/kafka");
  return openKafkaLog(url);
}
