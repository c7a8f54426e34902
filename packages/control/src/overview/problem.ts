/** What can be wrong, worst kinds first where everything else is equal. */
export const problemKinds = [
  "handler-stopped",
  "outbox-stopped",
  "service-silent",
  "failures",
  "handler-failing",
  "handler-full",
  "lag",
  "lag-unwatched",
  "alerts-undelivered",
  "outbox-waiting",
  "handler-waiting",
  "service-stopped",
  "undecodable",
] as const;
export type ProblemKind = (typeof problemKinds)[number];

/** What somebody may do about a problem. */
export interface ProblemAction {
  readonly kind: "failures" | "redrive" | "pause" | "resume" | "service" | "lag" | "flow" | "channels" | "events" | "release";
  /** What is clicked on. */
  readonly title: string;
  /** What the API knows the thing by that it concerns. */
  readonly target: string;
}

/** Something that does not work as it should. */
export interface Problem {
  /** The same for as long as it lasts. */
  readonly id: string;
  readonly kind: ProblemKind;
  readonly severity: "critical" | "warning" | "notice";
  readonly sentence: string;
  readonly service: string | null;
  readonly handler: string | null;
  readonly owner: string | null;
  /** Events, records or alerts that it concerns; null where it is no matter of a count. */
  readonly count: number | null;
  readonly trend: "rising" | "steady" | "falling" | null;
  readonly sinceMs: number | null;
  /** The version that it began with. */
  readonly sinceVersion: string | null;
  readonly actions: readonly ProblemAction[];
}

const severities = { critical: 0, warning: 1, notice: 2 } as const;
const trends = { rising: 0, steady: 1, falling: 2 } as const;

/** The worst first: by severity, then what is getting worse, then by how much it concerns, then by its kind. */
export const worstFirst = (a: Problem, b: Problem): number =>
  severities[a.severity] - severities[b.severity] ||
  trends[a.trend ?? "steady"] - trends[b.trend ?? "steady"] ||
  (b.count ?? 0) - (a.count ?? 0) ||
  problemKinds.indexOf(a.kind) - problemKinds.indexOf(b.kind) ||
  a.id.localeCompare(b.id);

export const countText = (count: number, one: string, more = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

/** "once", "twice", "3 times". */
export const timesText = (count: number): string =>
  count === 1 ? "once" : count === 2 ? "twice" : `${count.toLocaleString("en")} times`;

/** "4 minutes", "2 days": of the largest unit that fits. */
export function durationText(ms: number): string {
  const units = [
    [86_400_000, "day"],
    [3_600_000, "hour"],
    [60_000, "minute"],
    [1_000, "second"],
  ] as const;
  const [unitMs, unit] = units.find(([each]) => ms >= each) ?? units.at(-1)!;
  return countText(Math.max(0, Math.floor(ms / unitMs)), unit);
}
