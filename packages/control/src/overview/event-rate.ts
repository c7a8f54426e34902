import type { IndexStore } from "../index-store/index-store.ts";
import { countText } from "./problem.ts";

/** How many events came. `measured`: the first came too short a time ago to tell; null: none has ever come. */
export type EventRate = { readonly perMinute: number; readonly overMs: number } | "measured" | null;

const minuteMs = 60_000;
/** Long enough that a pause of a publisher is no drop, short enough to be of now. */
const rateMs = 5 * minuteMs;

/** Counts over the time in which there were events to count: right after the start, a longer one would make it too few. */
export async function eventRateOf(index: Pick<IndexStore, "traffic" | "typesSeen">, nowMs: number): Promise<EventRate> {
  const firstMs = Math.min(...(await index.typesSeen()).map((seen) => seen.firstMs));
  if (firstMs === Infinity) return null;
  // They are counted by the minute: all of the one in which it begins.
  const sinceMs = Math.floor((nowMs - rateMs) / minuteMs) * minuteMs;
  const overMs = nowMs - Math.max(sinceMs, firstMs);
  if (overMs < minuteMs) return "measured";
  const count = (await index.traffic(sinceMs)).reduce((sum, of) => sum + of.count, 0);
  return { perMinute: count / (overMs / minuteMs), overMs };
}

export const rateText = ({ perMinute, overMs }: Exclude<EventRate, string | null>): string =>
  `${countText(Math.round(perMinute), "event")} a minute in the last ${countText(Math.floor(overMs / minuteMs), "minute")}.`;
