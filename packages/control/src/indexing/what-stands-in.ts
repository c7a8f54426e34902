import { auditTopic, commandsTopic, logsTopic, receiptsTopic, servicesTopic } from "throughline/system-topics";
import { isEventTopic } from "../reading/event-topics.ts";

/** What the index reads in a topic; null for one that it leaves alone: marks, and requests, which the audit tells of. */
export type TopicContent = "events" | "receipts" | "letters" | "audit" | "latest" | "logs";

export function contentOf(topic: string): TopicContent | null {
  if (topic === receiptsTopic) return "receipts";
  if (topic === auditTopic) return "audit";
  if (topic === logsTopic) return "logs";
  if (topic === servicesTopic || topic === commandsTopic) return "latest";
  if (topic.endsWith(".dlt")) return "letters";
  return isEventTopic(topic) ? "events" : null;
}
