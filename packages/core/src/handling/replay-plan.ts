import type { EpochRow } from "../seams/store.ts";
import type { ReplayRange } from "../system-topics/index.ts";
import type { Delivery } from "./delivery.ts";
import type { ReplayMode } from "./handler-transaction.ts";
import { holdsOffset, type OffsetRanges } from "./offset-ranges.ts";

/** What an epoch of a rebuild or rerun keeps in its row. */
export interface ReplayPlan {
  readonly range: ReplayRange;
  readonly publish: boolean;
  readonly ratePerSecond: number | null;
  /** Where history ends and live begins, by `topicId/partition`: the end offsets when the replay was opened. */
  readonly historyEnds: Readonly<Record<string, number>>;
  /**
   * Of a rebuild: up to where the handler had read in live, by `topicId/partition`. What lies behind was never handled, so its
   * first time is no replay.
   */
  readonly liveEnds?: Readonly<Record<string, number>>;
  /** Of a rebuild: what lies before `liveEnds` and was not handled either, for it was parked or dead. */
  readonly unhandled?: Readonly<Record<string, OffsetRanges>>;
  /** How many events the range held then. */
  readonly total: number;
}

export function planOf(epoch: EpochRow): ReplayPlan {
  return epoch.plan as ReplayPlan;
}

/** What of the range a handler is handed: a rebuild takes everything. */
export function acceptsReplay({ range }: ReplayPlan): (delivery: Delivery) => boolean {
  const types = range.types === null ? null : new Set(range.types);
  const subjects = range.subjects === null ? null : new Set(range.subjects);
  if (types === null && subjects === null) return () => true;
  return ({ type, event }) =>
    (types === null || (type !== null && types.has(type))) &&
    (subjects === null || (event?.subject !== null && event !== null && subjects.has(event.subject)));
}

/** A rerun is history all along; a rebuild is, up to where live began, and repeats there what was handled before. */
export function replayModeOf(epoch: EpochRow): ReplayMode {
  const { historyEnds, liveEnds = historyEnds, unhandled = {}, publish } = planOf(epoch);
  const placeOf = ({ record }: Delivery): string => `${record.topicId}/${record.partition}`;
  const isHistory = (delivery: Delivery): boolean =>
    epoch.kind === "rerun" || delivery.record.offset < (historyEnds[placeOf(delivery)] ?? 0);
  const isReplay = (delivery: Delivery): boolean => {
    if (epoch.kind === "rerun") return true;
    const place = placeOf(delivery);
    const { offset } = delivery.record;
    return offset < (liveEnds[place] ?? 0) && !holdsOffset(unhandled[place] ?? [], offset);
  };
  return { isHistory, isReplay, publishes: publish };
}
