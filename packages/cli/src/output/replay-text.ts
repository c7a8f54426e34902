import type { ReplayProgress, ReplayRange } from "throughline/system-topics";
import { type Replay, type ReplayReach, shortIds } from "@throughline/control/reading";
import { plainPaint, type Paint } from "./colours.ts";
import { formatAgo, formatMs, formatTime } from "./durations.ts";
import { renderTable } from "./table.ts";

export interface ReplayPlan {
  readonly service: string;
  readonly handler: string;
  readonly kind: "rebuild" | "rerun";
  readonly range: ReplayRange;
  readonly records: number;
  readonly gone: ReplayReach["gone"];
  /** Events by type that the handler would be given; null when they were not counted. */
  readonly handed: Readonly<Record<string, number>> | null;
  readonly running: boolean;
  readonly callHandler: boolean;
}

const number = (value: number): string => value.toLocaleString("en");

/** What a replay is going to do, what it cannot reach first. */
export function renderReach(plan: ReplayPlan, nowMs: number): string {
  const { range, gone } = plan;
  const lost = gone.reduce((sum, { records }) => sum + records, 0);
  const begins = gone.map(({ beginsMs }) => beginsMs).filter((at) => at !== null);
  const handed = plan.handed === null ? null : Object.entries(plan.handed);
  return [
    ...(gone.length === 0
      ? []
      : [
          `The range is older than the log: ${number(lost)} records at its beginning were removed by retention${begins.length === 0 ? "" : `; the log begins ${formatTime(Math.max(...begins))} (${formatAgo(Math.max(...begins), nowMs)})`}.`,
        ]),
    `${plan.kind} of ${plan.service}/${plan.handler}: events ${range.fromMs === null ? "from the beginning" : `since ${formatTime(range.fromMs)}`}${range.toMs === null ? "" : ` before ${formatTime(range.toMs)}`}${range.types === null ? "" : `, of type ${range.types.join(", ")}`}${range.subjects === null ? "" : `, of subject ${range.subjects.join(", ")}`}; ${number(plan.records)} records to read.`,
    ...(handed === null
      ? []
      : [
          renderTable([{ title: "TYPE" }, { title: "EVENTS", align: "right" }], handed),
          `${number(handed.reduce((sum, [, count]) => sum + count, 0))} events would be handed to ${plan.service}/${plan.handler}.`,
        ]),
    ...(plan.callHandler ? ['It is a "call" handler: its call runs again only if the handler says replay: "run".'] : []),
    ...(plan.running ? [] : [`${plan.service} does not run now: the replay begins when it does.`]),
  ].join("\n");
}

export function progressSentence(progress: ReplayProgress | null): string {
  if (progress === null) return "waiting for the service to begin";
  if (progress.state === "refused") return `refused: ${progress.problem ?? "the service does not say why"}`;
  const share = progress.total === 0 ? 100 : Math.floor((progress.done / progress.total) * 100);
  return `${progress.state}: ${number(progress.done)} of ${number(progress.total)} (${share} %)${progress.remainingMs === null ? "" : `, about ${formatMs(progress.remainingMs)} left`}`;
}

export function renderReplays(
  replays: readonly Replay[],
  options: { nowMs: number; paint?: Paint; columns?: number | null },
): string {
  const short = shortIds(replays.map(({ id }) => id));
  return renderTable(
    [
      { title: "ID" },
      { title: "ASKED" },
      { title: "BY", flexible: true },
      { title: "HANDLER" },
      { title: "KIND" },
      { title: "PROGRESS" },
    ],
    replays.map((replay) => [
      short.get(replay.id)!,
      replay.askedAtMs === null ? null : formatAgo(replay.askedAtMs, options.nowMs),
      replay.by,
      `${replay.service}/${replay.handler}`,
      replay.kind,
      replay.progress === null ? "asked: the service has not begun" : progressSentence(replay.progress),
    ]),
    { paint: options.paint ?? plainPaint, columns: options.columns ?? null },
  );
}
