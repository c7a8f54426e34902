import { isSystemTopic } from "throughline/system-topics";
import type { EventLog } from "throughline/seams";

const ofAService = /\.(dlt|redrive)$/;

/** Whether a topic holds business events: no topic of Throughline, no dead letters, no redrive requests. */
export const isEventTopic = (topic: string): boolean => !isSystemTopic(topic) && !ofAService.test(topic);

export async function eventTopics(log: EventLog): Promise<string[]> {
  return (await log.topics())
    .map((topic) => topic.name)
    .filter(isEventTopic)
    .toSorted();
}

export async function deadLetterTopics(log: EventLog): Promise<string[]> {
  return (await log.topics())
    .map((topic) => topic.name)
    .filter((name) => name.endsWith(".dlt"))
    .toSorted();
}
