import type { EventLog, GroupInfo } from "throughline/seams";
import { type ServicesSeen, timestampAt } from "@throughline/control/reading";

/** How far one group is in one partition. */
export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** The next offset the group reads. */
  readonly committed: number;
  readonly end: number;
  readonly behind: number;
  /** Age of the record it reads next; 0 at the end. */
  readonly behindMs: number;
  /** The member that reads it now. */
  readonly member: string | null;
  /** Every handler that reads the topic is paused: that it is behind is no alarm. */
  readonly paused: boolean;
}

export interface GroupLag {
  readonly group: string;
  readonly state: GroupInfo["state"];
  readonly members: number;
  /** Sum over its partitions. */
  readonly behind: number;
  /** The oldest record it has still to read. */
  readonly behindMs: number;
  readonly partitions: readonly PartitionLag[];
}

/** A handler that does not read with its service's group now, by its service's own account. */
export interface HandlerLag {
  readonly service: string;
  readonly handler: string;
  readonly state: string;
  readonly behind: number | null;
  readonly problem: string | null;
}

export interface LagReport {
  readonly groups: readonly GroupLag[];
  readonly handlers: readonly HandlerLag[];
}

/** Reads how far every group on the log is, ours or not. Topics that a running group no longer reads are left out. */
export async function readLag(log: EventLog, services: ServicesSeen, nowMs: number): Promise<LagReport> {
  const existing = new Set((await log.topics()).map((topic) => topic.name));
  const ends = new Map<string, Map<number, number>>();
  const groups: GroupLag[] = [];
  // The service went on under another name, with the group of that name.
  const infos = (await log.groups()).filter(({ members, group }) => members.length > 0 || services.nameNow(group) === group);
  // Asked for at once, which a log may answer at once.
  const committed = await Promise.all(infos.map(({ group }) => log.committedOffsets(group)));
  for (const [index, info] of infos.entries()) {
    const subscribed = new Set(info.members.flatMap((member) => member.partitions.map(({ topic }) => topic)));
    const partitions: PartitionLag[] = [];
    for (const { topic, partition, offset } of committed[index] ?? []) {
      if (!existing.has(topic) || (info.state === "stable" && subscribed.size > 0 && !subscribed.has(topic))) continue;
      if (!ends.has(topic))
        ends.set(topic, new Map((await log.offsets(topic)).map((offsets) => [offsets.partition, offsets.end])));
      const end = ends.get(topic)!.get(partition);
      if (end === undefined) continue;
      const behind = Math.max(0, end - offset);
      const nextMs = behind === 0 ? null : await timestampAt(log, topic, partition, offset);
      const reader = info.members.find((member) =>
        member.partitions.some((held) => held.topic === topic && held.partition === partition),
      );
      partitions.push({
        topic,
        partition,
        committed: offset,
        end,
        behind,
        behindMs: nextMs === null ? 0 : Math.max(0, nowMs - nextMs),
        member: reader === undefined ? null : (reader.clientId ?? reader.id),
        paused: isPaused(services, info.group, topic),
      });
    }
    groups.push(totals(info, partitions));
  }
  return {
    groups: groups.toSorted((a, b) => b.behind - a.behind || a.group.localeCompare(b.group)),
    handlers: handlersBeside(services),
  };
}

function isPaused(services: ServicesSeen, service: string, topic: string): boolean {
  const readers = services.handlers(service).filter(({ streams }) => streams.includes(topic));
  return readers.length > 0 && readers.every(({ state }) => state === "paused");
}

function totals(info: GroupInfo, partitions: readonly PartitionLag[]): GroupLag {
  return {
    group: info.group,
    state: info.state,
    members: info.members.length,
    behind: partitions.reduce((sum, { behind }) => sum + behind, 0),
    behindMs: partitions.reduce((most, { behindMs }) => Math.max(most, behindMs), 0),
    partitions: partitions.toSorted((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition),
  };
}

const handlersBeside = (services: ServicesSeen): HandlerLag[] =>
  services
    .names()
    .flatMap((service) => services.handlers(service).map((handler) => ({ service, handler })))
    .filter(({ handler }) => handler.state !== "live")
    .map(({ service, handler }) => ({
      service,
      handler: handler.name,
      state: handler.state,
      behind: handler.behind,
      problem: handler.problem,
    }));

/** Default of R10: an alert at ten thousand events behind. */
export const defaultLagThreshold = 10_000;

export const groupsOver = (report: LagReport, threshold: number): GroupLag[] =>
  report.groups.filter(
    ({ partitions }) => partitions.reduce((sum, { behind, paused }) => sum + (paused ? 0 : behind), 0) > threshold,
  );
