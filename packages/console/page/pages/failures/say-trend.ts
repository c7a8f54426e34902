import type { FailureGroup } from "../../api/api-types.ts";

const hours = 24;
const hourMs = 3_600_000;

/** A count for each of the last hours, the newest last. */
export function hourly(trend: FailureGroup["trend"], now: number): number[] {
  const newest = Math.floor(now / hourMs) * hourMs;
  const counts = new Map(trend.map(({ hourMs: at, count }) => [at, count]));
  return Array.from({ length: hours }, (_, at) => counts.get(newest - (hours - 1 - at) * hourMs) ?? 0);
}

/** How it goes, in words. What runs now may have ended what the hours still show. */
export function sayTrend({ trend, runsNow }: Pick<FailureGroup, "trend" | "runsNow">, now: number): string {
  const values = hourly(trend, now);
  const last = values.at(-1)! + values.at(-2)!;
  const before = values.at(-3)! + values.at(-4)!;
  if (last === 0) return "none in the last hours";
  if (runsNow.state === "not-yet") return "none since what runs now";
  if (before === 0) return "new in the last two hours";
  if (last > before * 1.5) return "rising";
  return last < before / 1.5 ? "falling" : "steady";
}
