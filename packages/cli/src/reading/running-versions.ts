import { type Announced, joinedWithinMs, readAnnounced, silentAfterMs } from "@throughline/control/reading";
import type { RunningVersion } from "@throughline/registry";
import type { EventLog, GroupInfo } from "throughline/seams";
import type { ServiceAnnouncement } from "throughline/system-topics";

/**
 * Every deployed version that runs, of every service, and every other consumer of the log.
 *
 * An instance counts while it is a member of its group, though it may not have been heard of: who reads can break. One that
 * left its group, as one that was killed does within the session timeout, does not run, and counts only while it may be joining.
 * Where groups cannot be asked for, and for services that only publish, three missed announcements end it.
 */
export async function readRunning(log: EventLog, nowMs: number, signal?: AbortSignal): Promise<RunningVersion[]> {
  const announced = await readAnnounced(log, signal);
  const groups = await log.groups().catch((): GroupInfo[] => []);
  return runningVersions(announced, groups, nowMs);
}

export function runningVersions(announced: Announced, groups: readonly GroupInfo[], nowMs: number): RunningVersion[] {
  const byName = new Map(groups.map((group) => [group.group, group]));
  const running = announced.instances.filter((instance) => isRunning(instance, byName.get(instance.service), nowMs));
  const versions = Map.groupBy(running, ({ service, version, contracts }) => JSON.stringify([service, version, contracts]));
  return [
    ...[...versions.values()].map((instances) => versionOf(instances, announced)),
    ...groups.flatMap((group) => silentMembers(group, running)),
  ].toSorted((a, b) => a.service.localeCompare(b.service));
}

function isRunning(
  { state, service: _, instance, atMs }: ServiceAnnouncement,
  group: GroupInfo | undefined,
  nowMs: number,
): boolean {
  if (state !== "running") return false;
  if (group?.members.some(({ clientId }) => clientId === instance) === true) return true;
  const isSure = group !== undefined && group.state !== "rebalancing";
  return nowMs - atMs <= (isSure ? joinedWithinMs : silentAfterMs);
}

function versionOf(instances: readonly ServiceAnnouncement[], announced: Announced): RunningVersion {
  const newest = instances.reduce((a, b) => (b.atMs > a.atMs ? b : a));
  const contracts = announced.contractsOf(newest);
  return {
    service: newest.service,
    version: newest.version,
    instances: instances.map(({ instance }) => instance),
    contracts,
    whyUnknown:
      contracts !== null
        ? null
        : newest.contracts === undefined
          ? "it runs code that does not tell it"
          : "its record is not in the log",
    handles: newest.handlers.map(({ name, types, streams }) => ({ handler: name, types, streams })),
    publishes: newest.publishes,
  };
}

/** Members of a group that said nothing of themselves: consumers that are none of ours, and instances that cannot announce. */
function silentMembers({ group, members }: GroupInfo, running: readonly ServiceAnnouncement[]): RunningVersion[] {
  const known = new Set(running.filter(({ service }) => service === group).map(({ instance }) => instance));
  const silent = members.filter(({ clientId }) => clientId === null || !known.has(clientId));
  if (silent.length === 0) return [];
  const streams = new Set(members.flatMap(({ partitions }) => partitions.map(({ topic }) => topic)));
  return [
    {
      service: group,
      version: null,
      instances: silent.map(({ clientId, id }) => clientId ?? id),
      contracts: null,
      whyUnknown:
        known.size > 0
          ? "not all of its instances have announced themselves"
          : "it is a consumer group that never announced itself",
      handles: [{ handler: null, types: null, streams: [...streams] }],
      publishes: [],
    },
  ];
}
