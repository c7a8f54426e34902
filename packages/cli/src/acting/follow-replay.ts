import type { EventLog } from "throughline/seams";
import type { ReplayProgress } from "throughline/system-topics";
import { progressOf, readServices } from "@throughline/control/reading";
import { pause } from "@throughline/control/redrive";

export interface FollowReplayOptions {
  readonly pollMs: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** A service that says nothing of the replay for so long will not begin it. */
  readonly beginWithinMs: number;
  readonly onProgress?: (progress: ReplayProgress | null) => void;
}

const over: ReadonlySet<ReplayProgress["state"]> = new Set(["done", "cancelled", "refused"]);

/** Reads announcements until a replay is over, the service does not begin it, or the signal aborts; answers what was said last. */
export async function followReplay(
  log: EventLog,
  replay: { service: string; handler: string; id: string },
  options: FollowReplayOptions,
): Promise<ReplayProgress | null> {
  const untilMs = options.now() + options.beginWithinMs;
  let last: ReplayProgress | null = null;
  while (!options.signal.aborted) {
    last = progressOf(await readServices(log, options.now()), replay.service, replay.handler, replay.id) ?? last;
    options.onProgress?.(last);
    if (last !== null && over.has(last.state)) break;
    if (last === null && options.now() > untilMs) break;
    await pause(options.pollMs, options.signal);
  }
  return last;
}
