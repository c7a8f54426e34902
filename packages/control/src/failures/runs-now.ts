import type { ServiceVersion } from "../index-store/index-store.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";
import type { FailureGroup } from "./indexed-failure.ts";

/** What runs of a service now, held against the versions that failed in one way. */
export interface RunsNow {
  /** `not-yet` is no promise: nothing like it may have come since. */
  readonly state: "fails" | "not-yet" | "unknown";
  readonly versions: readonly RunningVersion[];
  /** Why it is unknown, as the end of a sentence; null otherwise. */
  readonly why: string | null;
}

export interface RunningVersion {
  readonly version: string;
  /** When it was first at work; null where nobody saw it. */
  readonly deployedAtMs: number | null;
  /** Failures of the group in it. */
  readonly failures: number;
  readonly lastMs: number | null;
}

/** What a service says that names no version. */
const noVersion = "0.0.0";

/** Whether the versions that run now have failed as a group does. A failure that is known is one however blind the index is. */
export function runsNow(
  group: Pick<FailureGroup, "service" | "versions">,
  services: ServicesSeen,
  known: readonly ServiceVersion[],
  blind: string | null,
): RunsNow {
  const { service } = group;
  const running = services.running(service);
  const versions = [...new Set(running.map(({ version }) => version))].map((version): RunningVersion => {
    const failing = group.versions.find((each) => each.version === version);
    const deployedAtMs = known.find((each) => each.version === version)?.firstMs ?? null;
    return { version, deployedAtMs, failures: failing?.count ?? 0, lastMs: failing?.lastMs ?? null };
  });
  const unknown = (why: string): RunsNow => ({ state: "unknown", versions, why });
  if (versions.length === 0) return unknown(`${service} does not run`);
  const failing = versions.filter(({ failures }) => failures > 0);
  if (failing.length > 0 && failing.every(({ version, lastMs }) => version === noVersion && isAfter(running, lastMs!)))
    return unknown(`${service} names no version, and was started after its last failure`);
  if (failing.length > 0) return { state: "fails", versions, why: null };
  return blind === null ? { state: "not-yet", versions, why: null } : unknown(blind);
}

const isAfter = (running: readonly { readonly version: string; readonly startedAtMs: number }[], atMs: number): boolean =>
  running.every(({ version, startedAtMs }) => version !== noVersion || startedAtMs > atMs);
