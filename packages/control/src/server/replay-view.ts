import type { ReplayProgress, ReplayRange, ReplayStart } from "throughline/system-topics";
import type { ServicesSeen } from "../reading/services-seen.ts";
import { duration } from "../lag/alert-words.ts";
import { type Replay, replaysOf } from "../replays/read-replays.ts";
import type { ReplayView } from "./schemas/replay-schemas.ts";

/** Replays as they are shown, newest first. */
export function replayViews(starts: readonly ReplayStart[], services: ServicesSeen): ReplayView[] {
  const asked = new Map(starts.map((start) => [start.commandId, start]));
  return replaysOf(starts, services).map((replay) => replayView(replay, asked.get(replay.id) ?? null, services));
}

function replayView(replay: Replay, start: ReplayStart | null, services: ServicesSeen): ReplayView {
  const { id, service, handler, kind, state, by, askedAtMs, progress } = replay;
  const isLive = kind === "rebuild" && state === "done" && services.handler(service, handler)?.state === "live";
  return {
    id,
    service,
    handler,
    kind,
    state,
    sentence: sentenceOn(replay, services, isLive),
    by,
    reason: start?.reason ?? null,
    askedAtMs,
    range: start === null ? null : rangeOf(start.range),
    ratePerSecond: progress?.ratePerSecond ?? start?.ratePerSecond ?? null,
    publish: start?.publish ?? null,
    epoch: progress === null || state === "refused" ? null : progress.epoch,
    done: progress?.done ?? 0,
    total: progress?.total ?? null,
    remainingMs: progress?.remainingMs ?? null,
    problem: progress?.problem ?? null,
    isLive,
  };
}

/** As it was asked for; what an older command leaves out is open. */
const rangeOf = ({ fromMs, toMs, types, subjects, places }: Partial<ReplayRange>) => ({
  fromMs: fromMs ?? null,
  toMs: toMs ?? null,
  types: types ?? null,
  subjects: subjects ?? null,
  places: places ?? null,
});

const number = (value: number): string => value.toLocaleString("en");

function sentenceOn({ service, handler, kind, progress }: Replay, services: ServicesSeen, isLive: boolean): string {
  if (progress === null) {
    const absence = services.absence(service);
    return absence === null
      ? `${service} has not begun it yet.`
      : `${service} does not run now (${absence.state}); it begins when it does.`;
  }
  const { state, problem, total } = progress;
  if (state === "refused") return `${service} refused it: ${problem ?? "it does not say why"}.`;
  if (state === "cancelled") return "It was cancelled.";
  if (state !== "done") return `${state === "paused" ? "Paused" : "Running"}: ${howFar(progress)}.`;
  if (kind === "rerun") return `Done: ${number(total)} events.`;
  return isLive
    ? `Done: ${number(total)} events; ${handler} is live again.`
    : `${number(total)} events are done; ${handler} catches up with live.`;
}

function howFar({ done, total, remainingMs, state }: ReplayProgress): string {
  const share = total === 0 ? 100 : Math.floor((done / total) * 100);
  const left = remainingMs === null || state === "paused" ? "" : `, about ${duration(remainingMs)} left`;
  return `${number(done)} of ${number(total)} events (${share} %)${left}`;
}
