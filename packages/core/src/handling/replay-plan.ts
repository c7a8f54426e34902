import type { EpochRow } from "../seams/store.ts";
import type { ReplayRange } from "../system-topics/index.ts";
import type { Delivery } from "./delivery.ts";
import type { ReplayMode } from "./handler-transaction.ts";

/** What an epoch of a rebuild or rerun keeps in its row. */
export interface ReplayPlan {
  readonly range: ReplayRange;
  readonly publish: boolean;
  readonly ratePerSecond: number | null;
  /** Where history ends and live begins, by `topicId/partition`: the end offsets when the replay was opened. */
  readonly historyEnds: Readonly<Record<string, number>>;
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

/** A rerun is history all along; a rebuild is, up to where live began. */
export function replayModeOf(epoch: EpochRow): ReplayMode {
  const { historyEnds, publish } = planOf(epoch);
  const isReplay = ({ record }: Delivery): boolean =>
    epoch.kind === "rerun" || record.offset < (historyEnds[`${record.topicId}/${record.partition}`] ?? 0);
  return { isReplay, publishes: publish };
}
