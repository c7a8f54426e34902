/** What the commits of a group say of how it reads one partition. */
export type PartitionStatus = "ok" | "warning" | "stopped" | "stalled" | "rewound";

/** A committed offset, when it was seen, and how far from the end it was then; null where nobody knows. */
export interface SeenPosition {
  readonly offset: number;
  readonly atMs: number;
  readonly behind: number | null;
}

export interface ReadingWindow {
  /** The last positions, oldest first; never empty. */
  readonly positions: readonly SeenPosition[];
  /** The last ends of the partition, in any order: minutes of them. */
  readonly ends: readonly number[];
  /** Events behind now. */
  readonly behind: number;
  readonly nowMs: number;
  /** So many events behind are none. */
  readonly allowedBehind: number;
}

/**
 * Judges how a group reads a partition by the rules of LinkedIn's Burrow: by how its positions moved over a window, not by how far
 * behind it is. Whoever is at the end is well, however it got there. Else, the worst first:
 *
 * 1. _stopped_: the last commit is longer ago than the window is long, and the group was not at the end lately;
 * 2. _rewound_: a commit went back, and no later one has reached where it was;
 * 3. _stalled_: behind all the time, and every commit has the same offset;
 * 4. _warning_: behind all the time, and never less than the time before.
 *
 * @see https://github.com/linkedin/Burrow/wiki/Consumer-Lag-Evaluation-Rules, and core/internal/evaluator/caching.go beside it,
 * which puts rewound before stalled and knows of ends that were reached lately.
 */
export function partitionStatus(window: ReadingWindow): PartitionStatus {
  const { positions, behind, allowedBehind } = window;
  if (positions.length === 0 || behind <= allowedBehind) return "ok";
  if (hasStopped(window) && !wasAtEndLately(window)) return "stopped";
  const rewind = rewindIndex(positions);
  if (rewind > 0 && !hasRecovered(positions, rewind)) return "rewound";
  if (!isAlwaysBehind(window)) return "ok";
  if (hasStalled(positions)) return "stalled";
  return gainsNoGround(positions) ? "warning" : "ok";
}

export const isAlwaysBehind = ({ positions, allowedBehind }: Pick<ReadingWindow, "positions" | "allowedBehind">): boolean =>
  positions.every(({ behind }) => behind === null || behind > allowedBehind);

/** The first position that is before the one before it; -1 when there is none. */
export const rewindIndex = (positions: readonly SeenPosition[]): number =>
  positions.findIndex(({ offset }, i) => i > 0 && offset < positions[i - 1]!.offset);

/** Whether a position from `rewind` on is where the group was before it went back. */
function hasRecovered(positions: readonly SeenPosition[], rewind: number): boolean {
  const before = positions[rewind - 1]!.offset;
  return positions.slice(rewind).some(({ offset }) => offset >= before);
}

export function hasStopped({ positions, nowMs }: Pick<ReadingWindow, "positions" | "nowMs">): boolean {
  const [first, last] = [positions[0]!, positions.at(-1)!];
  return nowMs - last.atMs > last.atMs - first.atMs;
}

export const hasStalled = (positions: readonly SeenPosition[]): boolean =>
  positions.every(({ offset }) => offset === positions[0]!.offset);

/** Positions of which nobody knows how far behind they were are passed over. */
export function gainsNoGround(positions: readonly SeenPosition[]): boolean {
  const known = positions.flatMap(({ behind }) => (behind === null ? [] : [behind]));
  return known.every((behind, i) => i === 0 || behind >= known[i - 1]!);
}

/** Whether the last commit was the end of the partition at one of the ends that are remembered. */
export const wasAtEndLately = ({ positions, ends }: Pick<ReadingWindow, "positions" | "ends">): boolean =>
  ends.some((end) => end <= positions.at(-1)!.offset);

export type GroupStatus = "ok" | "warning" | "error";

/** A group is as well as its worst partition: `error` where one is stopped, stalled or rewound. */
export function groupStatus(partitions: readonly PartitionStatus[]): GroupStatus {
  if (partitions.some((status) => status !== "ok" && status !== "warning")) return "error";
  return partitions.includes("warning") ? "warning" : "ok";
}
