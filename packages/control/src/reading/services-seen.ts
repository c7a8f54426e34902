import type { EventLog, GroupInfo } from "throughline/seams";
import type { ControlAnnouncement, HandlerAnnouncement, ServiceAnnouncement } from "throughline/system-topics";
import { readAnnounced } from "./announced.ts";

/** Instances announce themselves every minute; three missed ones are silence. */
export const silentAfterMs = 3 * 60_000;
/** An instance joins its group before it announces itself, and a member that was killed leaves it within the session timeout. */
export const joinedWithinMs = 15_000;

/** What the services' announcements say: the last one of every instance. */
export class ServicesSeen {
  readonly instances: readonly ServiceAnnouncement[];
  readonly #nowMs: number;
  readonly #renamed = new Map<string, string>();

  readonly #groups: ReadonlyMap<string, GroupInfo>;

  /** @param groups The consumer groups of the log, where they can be asked for: they tell of an instance that was killed. */
  constructor(instances: readonly ServiceAnnouncement[], nowMs: number, groups: readonly GroupInfo[] = []) {
    this.#groups = new Map(groups.map((group) => [group.group, group]));
    const sorted = instances.toSorted((a, b) => a.service.localeCompare(b.service) || b.atMs - a.atMs);
    // A service that was renamed goes on under its new name, and its former instances are no loss.
    for (const { service, formerNames = [] } of sorted) for (const name of formerNames) this.#renamed.set(name, service);
    this.instances = sorted.filter(({ service }) => !this.#renamed.has(service));
    this.#nowMs = nowMs;
  }

  /** The name that a service has now. */
  nameNow(service: string): string {
    return this.#renamed.get(service) ?? service;
  }

  names(): string[] {
    return [...new Set(this.instances.map((instance) => instance.service))];
  }

  /** Instances that run, as far as anybody can tell. */
  running(service: string): ServiceAnnouncement[] {
    return this.instances.filter(
      (instance) => instance.service === this.nameNow(service) && instance.state === "running" && !this.isSilent(instance),
    );
  }

  isSilent(instance: ServiceAnnouncement): boolean {
    if (instance.state !== "running") return false;
    const ageMs = this.#nowMs - instance.atMs;
    return ageMs > silentAfterMs || (ageMs > joinedWithinMs && this.#hasLeft(instance));
  }

  /** Its group is there, nobody is joining it, and it is no member. */
  #hasLeft({ service, instance }: ServiceAnnouncement): boolean {
    const group = this.#groups.get(service);
    return group !== undefined && group.state !== "rebalancing" && group.members.every(({ clientId }) => clientId !== instance);
  }

  /** The newest announcement of a service; null for one that never said anything. */
  newest(service: string): ServiceAnnouncement | null {
    return this.instances.find((instance) => instance.service === this.nameNow(service)) ?? null;
  }

  /** The handlers of a service: of the instances that run, else of the one that was heard last. The newest word on each counts. */
  handlers(service: string): HandlerAnnouncement[] {
    const running = this.running(service);
    const newest = this.newest(service);
    const speaking = running.length > 0 ? running : newest === null ? [] : [newest];
    const handlers = new Map<string, HandlerAnnouncement>();
    for (const handler of speaking.flatMap((instance) => instance.handlers))
      if (!handlers.has(handler.name)) handlers.set(handler.name, handler);
    return [...handlers.values()];
  }

  handler(service: string, name: string): HandlerAnnouncement | null {
    return this.handlers(service).find((handler) => handler.name === name) ?? null;
  }

  /** What on call decided, by the newest word of the service. */
  controls(service: string): readonly ControlAnnouncement[] {
    return (this.running(service)[0] ?? this.newest(service))?.controls ?? [];
  }

  /** Why a service does nothing now, or null when it runs. */
  absence(service: string): { readonly state: "never seen" | "stopped" | "silent"; readonly sinceMs: number | null } | null {
    if (this.running(service).length > 0) return null;
    const newest = this.newest(service);
    if (newest === null) return { state: "never seen", sinceMs: null };
    return { state: newest.state === "stopped" ? "stopped" : "silent", sinceMs: newest.atMs };
  }
}

export async function readServices(log: EventLog, nowMs: number, signal?: AbortSignal): Promise<ServicesSeen> {
  const { instances } = await readAnnounced(log, signal);
  const groups = instances.length === 0 ? [] : await log.groups().catch(() => []);
  return new ServicesSeen(instances, nowMs, groups);
}
