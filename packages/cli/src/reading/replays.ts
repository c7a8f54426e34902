import type { EventLog } from "throughline/seams";
import { commandsTopic, readCommand, type Command, type ReplayProgress, type ReplayStart } from "throughline/system-topics";
import { readOrSkip, readTopic, type ServicesSeen } from "@throughline/control/reading";

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
    const command: Command | null = readOrSkip(() => readCommand(record.value));
    if (command?.command === "replay") starts.set(command.commandId, command);
  }
  const replays = [...starts.values()].map((start) =>
    replayOf(start, progressOf(services, start.service, start.handler, start.commandId)),
  );
  for (const instance of services.instances) {
    for (const handler of instance.handlers) {
      for (const progress of handler.replays) {
        if (replays.some(({ id }) => id === progress.commandId)) continue;
        const { commandId: id, kind, state } = progress;
        replays.push({ id, service: instance.service, handler: handler.name, kind, state, by: null, askedAtMs: null, progress });
      }
    }
  }
  return replays.toSorted((a, b) => (b.askedAtMs ?? 0) - (a.askedAtMs ?? 0));
}

/** What the newest announcement that knows a replay says of it. */
export function progressOf(services: ServicesSeen, service: string, handler: string, id: string): ReplayProgress | null {
  for (const instance of services.instances) {
    if (instance.service !== service) continue;
    const progress = instance.handlers.find(({ name }) => name === handler)?.replays.find(({ commandId }) => commandId === id);
    if (progress !== undefined) return progress;
  }
  return null;
}

function replayOf(start: ReplayStart, progress: ReplayProgress | null): Replay {
  const { commandId: id, service, handler, kind, by, atMs } = start;
  return { id, service, handler, kind, state: progress?.state ?? "asked", by, askedAtMs: atMs, progress };
}
