import type { EventLog, LogRecord } from "throughline/seams";
import { readAnnouncement, servicesTopic, type HandlerAnnouncement, type ServiceAnnouncement } from "throughline/system-topics";
import { silentAfterMs } from "../reading/services-seen.ts";

/** Why that a service is behind on a topic is no alarm, by the service's own account; null where it is one. */
export type ReaderExcuse = "paused" | "backfilling";

/** What is asked of the services' announcements. */
export interface ReaderStates {
  /** Reads what was announced since the last time. */
  refresh(nowMs: number): Promise<void>;
  excuse(service: string, topic: string, nowMs: number): ReaderExcuse | null;
  /** Whether a service that has another name now had this one. */
  isFormerName(group: string): boolean;
  /** The handlers of a service; none of a group that is none of ours. */
  handlers(service: string): readonly HandlerAnnouncement[];
  readonly services: readonly string[];
}

const forgottenAfterMs = 24 * 60 * 60_000;
/** A backfill that has not come nearer to its end for so long stands still. */
const progressWithinMs = 5 * 60_000;

interface Progress {
  readonly behind: number;
  readonly atMs: number;
}

/**
 * Follows the topic in which services announce themselves, from its beginning once, then what is new. The newest word of the
 * instances that run counts, else that of the instance that was heard last: a pause stands while nobody runs.
 */
export class AnnouncedReaders implements ReaderStates {
  readonly #log: EventLog;
  readonly #instances = new Map<string, ServiceAnnouncement>();
  readonly #next = new Map<string, number>();
  readonly #progress = new Map<string, Progress>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  get services(): readonly string[] {
    return [...new Set([...this.#instances.values()].map(({ service }) => service))];
  }

  async refresh(nowMs: number): Promise<void> {
    const topic = (await this.#log.topics()).find(({ name }) => name === servicesTopic);
    if (topic === undefined) return;
    for (const { partition, end } of await this.#log.offsets(servicesTopic)) {
      const place = `${topic.id}/${partition}`;
      const fromOffset = this.#next.get(place) ?? 0;
      if (fromOffset >= end) continue;
      for await (const batch of this.#log.read({ topic: servicesTopic, partition, fromOffset, toOffset: end })) {
        for (const record of batch) this.#hear(record);
      }
      this.#next.set(place, end);
    }
    this.#forgetSuperseded(nowMs);
    this.#noteProgress(nowMs);
  }

  handlers(service: string): readonly HandlerAnnouncement[] {
    return this.#handlers(service, Number.POSITIVE_INFINITY);
  }

  isFormerName(group: string): boolean {
    return [...this.#instances.values()].some(
      ({ service, formerNames = [] }) => service !== group && formerNames.includes(group),
    );
  }

  excuse(service: string, topic: string, nowMs: number): ReaderExcuse | null {
    const readers = this.#handlers(service, nowMs).filter(({ streams }) => streams.includes(topic));
    if (readers.length === 0) return null;
    if (readers.every(({ state }) => state === "paused")) return "paused";
    const isExcused = ({ name, state }: HandlerAnnouncement): boolean =>
      state === "paused" || (state === "catching-up" && this.#comesNearer(service, name, nowMs));
    return readers.every(isExcused) ? "backfilling" : null;
  }

  #hear({ key, value }: LogRecord): void {
    if (value === null && key !== null) this.#instances.delete(Buffer.from(key).toString());
    try {
      const announcement = readAnnouncement(value);
      if (announcement === null || !Array.isArray(announcement.handlers)) return;
      this.#instances.set(`${announcement.service}/${announcement.instance}`, announcement);
    } catch {
      // Anybody may write to a topic; a broken record must not hide the others.
    }
  }

  #handlers(service: string, nowMs: number): HandlerAnnouncement[] {
    const known = [...this.#instances.values()]
      .filter((instance) => instance.service === service)
      .sort((a, b) => b.atMs - a.atMs);
    const running = known.filter(({ state, atMs }) => state === "running" && nowMs - atMs <= silentAfterMs);
    const found = new Map<string, HandlerAnnouncement>();
    for (const { handlers } of running.length > 0 ? running : known.slice(0, 1))
      for (const handler of handlers) if (!found.has(handler.name)) found.set(handler.name, handler);
    return [...found.values()];
  }

  /** Instances that are long gone, of services that others speak for. */
  #forgetSuperseded(nowMs: number): void {
    const newest = new Map<string, number>();
    for (const { service, atMs } of this.#instances.values()) newest.set(service, Math.max(atMs, newest.get(service) ?? 0));
    for (const [key, { service, atMs }] of this.#instances)
      if (nowMs - atMs > forgottenAfterMs && atMs < newest.get(service)!) this.#instances.delete(key);
  }

  /** A handler that is slow is catching up all the time: only one that comes nearer is excused. */
  #comesNearer(service: string, handler: string, nowMs: number): boolean {
    const progress = this.#progress.get(`${service}/${handler}`);
    return progress !== undefined && nowMs - progress.atMs <= progressWithinMs;
  }

  #noteProgress(nowMs: number): void {
    for (const service of this.services)
      for (const { name, state, behind } of this.#handlers(service, nowMs)) {
        const key = `${service}/${name}`;
        const before = this.#progress.get(key);
        if (state !== "catching-up") this.#progress.delete(key);
        else if (before === undefined || (behind !== null && behind < before.behind))
          this.#progress.set(key, { behind: behind ?? Number.POSITIVE_INFINITY, atMs: nowMs });
      }
  }
}
