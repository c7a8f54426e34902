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

/** Where each partition of a topic ends now; nothing for one that does not exist yet. */
export async function endsOf(log: EventLog, topic: string): Promise<Map<number, number>> {
  const exists = (await log.topics()).some(({ name }) => name === topic);
  return new Map(exists ? (await log.offsets(topic)).map(({ partition, end }) => [partition, end]) : []);
}

/** What services said of themselves since `from`, which `endsOf(log, servicesTopic)` gave. */
export async function readAnnouncements(log: EventLog, from: ReadonlyMap<number, number>): Promise<ServiceAnnouncement[]> {
  const announcements: ServiceAnnouncement[] = [];
  for (const partition of (await endsOf(log, servicesTopic)).keys()) {
    for await (const batch of log.read({ topic: servicesTopic, partition, fromOffset: from.get(partition) ?? 0 })) {
      announcements.push(...batch.map(({ value }) => readAnnouncement(value)).filter((each) => each !== null));
    }
  }
  return announcements;
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
