import { describeControl } from "throughline/system-topics";
import type { IndexedContracts, ServiceVersion } from "../index-store/index-store.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";

/** Something that is not as it was a day ago. */
export interface Change {
  readonly atMs: number;
  readonly kind: "deploy" | "contracts" | "control" | "replay";
  readonly service: string;
  readonly sentence: string;
}

const dayMs = 86_400_000;

/** Deploys, contracts and decisions of the last day, and replays that run, newest first. */
export function changesOf(
  services: ServicesSeen,
  versions: ReadonlyMap<string, readonly ServiceVersion[]>,
  contracts: readonly IndexedContracts[],
  nowMs: number,
): Change[] {
  const sinceMs = nowMs - dayMs;
  const changes = services.names().flatMap((service): Change[] => [
    ...deploys(service, versions.get(service) ?? [], sinceMs),
    ...contractChanges(
      service,
      contracts.filter((each) => each.service === service),
      sinceMs,
    ),
    ...services
      .controls(service)
      .filter(({ atMs }) => atMs >= sinceMs)
      .map((control) => ({
        atMs: control.atMs,
        kind: "control" as const,
        service,
        sentence: `${service}: ${describeControl(control, control.handler)}`,
      })),
    ...services.handlers(service).flatMap(({ name, replays }) =>
      replays
        .filter(({ state }) => state === "running")
        .map(({ kind, done, total }) => ({
          atMs: nowMs,
          kind: "replay" as const,
          service,
          sentence: `${service}/${name} is in a ${kind}: ${done.toLocaleString("en")} of ${total.toLocaleString("en")}`,
        })),
    ),
  ]);
  return changes.toSorted((a, b) => b.atMs - a.atMs);
}

/** The first version that is known is no deploy: it was there when the index began. */
function deploys(service: string, versions: readonly ServiceVersion[], sinceMs: number): Change[] {
  const sorted = versions.toSorted((a, b) => a.firstMs - b.firstMs);
  return sorted.flatMap(({ version, firstMs }, at) => {
    const before = sorted[at - 1];
    if (before === undefined || firstMs < sinceMs) return [];
    return [{ atMs: firstMs, kind: "deploy", service, sentence: `${service} ${version} was deployed, after ${before.version}` }];
  });
}

function contractChanges(service: string, records: readonly IndexedContracts[], sinceMs: number): Change[] {
  return records.flatMap((record, at) => {
    const before = records[at - 1];
    if (before === undefined || record.firstMs < sinceMs) return [];
    const was = versionsIn(before);
    const now = versionsIn(record);
    const parts = [
      ...[...now].filter((each) => !was.has(each)).map((each) => `it ${each} now`),
      ...[...was].filter((each) => !now.has(each)).map((each) => `it no longer ${each}`),
    ];
    const what = parts.length === 0 ? "the fields of a contract are others" : parts.slice(0, 4).join(", ");
    return [{ atMs: record.firstMs, kind: "contracts", service, sentence: `${service} announced other contracts: ${what}` }];
  });
}

const versionsIn = ({ contracts }: IndexedContracts): Set<string> =>
  new Set([
    ...contracts.publishes.map(({ type, version }) => `publishes ${type} v${version}`),
    ...contracts.handlers.flatMap(({ name, reads }) => reads.map(({ type, version }) => `reads ${type} v${version} in ${name}`)),
  ]);
