import type { EventLog, LogRecord } from "throughline";
import { readAnnouncement, servicesTopic, type ServiceAnnouncement } from "throughline/system-topics";

/** All records that a topic holds now; partitions one after the other. None if the topic does not exist yet. */
export async function readTopic(log: EventLog, topic: string): Promise<LogRecord[]> {
  const info = (await log.topics()).find(({ name }) => name === topic);
  const records: LogRecord[] = [];
  for (let partition = 0; partition < (info?.partitions ?? 0); partition++) {
    for await (const batch of log.read({ topic, partition, fromOffset: 0 })) records.push(...batch);
  }
  return records;
}

export const header = (record: LogRecord, name: string): string | null => {
  const value = record.headers.find(([each]) => each === name)?.[1];
  return value ? Buffer.from(value).toString() : null;
};

/** What each instance of each service said of itself last. */
export async function readAnnouncements(log: EventLog): Promise<ServiceAnnouncement[]> {
  const newest = new Map<string, ServiceAnnouncement>();
  for (const record of await readTopic(log, servicesTopic)) {
    const announcement = readAnnouncement(record.value);
    if (announcement) newest.set(`${announcement.service}/${announcement.instance}`, announcement);
  }
  return [...newest.values()];
}

/** How far a service is: events it is done with, and events between there and the ends of what it reads. */
export async function readProgress(log: EventLog, service: string): Promise<{ handled: number; behind: number }> {
  const committed = await log.committedOffsets(service);
  const ends = new Map<string, Awaited<ReturnType<EventLog["offsets"]>>>();
  let handled = 0;
  let behind = 0;
  for (const { topic, partition, offset } of committed) {
    const offsets = ends.get(topic) ?? (await log.offsets(topic));
    ends.set(topic, offsets);
    handled += offset;
    behind += Math.max(0, (offsets[partition]?.end ?? offset) - offset);
  }
  return { handled, behind };
}
