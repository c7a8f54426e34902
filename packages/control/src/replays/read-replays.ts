import type { EventLog } from "throughline/seams";
import { commandsTopic, readCommand, type ReplayProgress, type ReplayStart } from "throughline/system-topics";
import { readOrSkip } from "../reading/read-or-skip.ts";
import { readTopic } from "../reading/scan.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";

/** A replay: what was asked, and what the service last said of it. */
export interface Replay {
  readonly id: string;
  readonly service: string;
  readonly handler: string;
  readonly kind: "rebuild" | "rerun";
  /** `asked`: the service has said nothing of it yet. */
  readonly state: ReplayProgress["state"] | "asked";
  readonly by: string | null;
  readonly askedAtMs: number | null;
  readonly progress: ReplayProgress | null;
}

/** Every replay that a command or an announcement names, newest first. */
export async function readReplays(log: EventLog, services: ServicesSeen, signal?: AbortSignal): Promise<Replay[]> {
  const starts = new Map<string, ReplayStart>();
  for await (const record of readTopic(log, commandsTopic, signal ? { signal } : {})) {
    const start = replayStartIn(record.value);
    if (start !== null) starts.set(start.commandId, start);
  }
  return replaysOf([...starts.values()], services);
}

/** The replay that a record of the commands' topic starts; null where it is another command, or none. */
export function replayStartIn(value: Uint8Array | null): ReplayStart | null {
  const command: unknown = readOrSkip(() => readCommand(value));
  return isReplayStart(command) ? command : null;
}

/** Anybody may write to a topic. */
function isReplayStart(value: unknown): value is ReplayStart {
  if (typeof value !== "object" || value === null) return false;
  const { command, commandId, service, handler, kind, by, reason, atMs, range, publish, ratePerSecond } = value as Record<
    string,
    unknown
  >;
  return (
    command === "replay" &&
    (kind === "rebuild" || kind === "rerun") &&
    [commandId, service, handler, by].every((part) => typeof part === "string") &&
    (reason === null || typeof reason === "string") &&
    typeof atMs === "number" &&
    typeof publish === "boolean" &&
    (ratePerSecond === null || typeof ratePerSecond === "number") &&
    typeof range === "object" &&
    range !== null
  );
}

/** Replays by what was asked for and by what services say, newest first. */
export function replaysOf(starts: readonly ReplayStart[], services: ServicesSeen): Replay[] {
  const replays = starts.map((start) => replayOf(start, progressOf(services, start.service, start.handler, start.commandId)));
  const known = new Set(replays.map(({ id }) => id));
  for (const instance of services.instances) {
    for (const handler of instance.handlers) {
      for (const progress of handler.replays ?? []) {
        const { commandId: id, kind, state } = progress;
        if (known.has(id)) continue;
        known.add(id);
        replays.push({ id, service: instance.service, handler: handler.name, kind, state, by: null, askedAtMs: null, progress });
      }
    }
  }
  return replays.toSorted((a, b) => (b.askedAtMs ?? 0) - (a.askedAtMs ?? 0));
}

/** What the newest announcement that knows a replay says of it. */
export function progressOf(services: ServicesSeen, service: string, handler: string, id: string): ReplayProgress | null {
  for (const instance of services.instances) {
    if (instance.service !== services.nameNow(service)) continue;
    const progress = instance.handlers.find(({ name }) => name === handler)?.replays.find(({ commandId }) => commandId === id);
    if (progress !== undefined) return progress;
  }
  return null;
}

function replayOf(start: ReplayStart, progress: ReplayProgress | null): Replay {
  const { commandId: id, service, handler, kind, by, atMs } = start;
  return { id, service, handler, kind, state: progress?.state ?? "asked", by, askedAtMs: atMs, progress };
}
