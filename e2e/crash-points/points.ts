import type { Place } from "../places/place.ts";

/** The small services of this folder: each runs as one process, the ledger as two. */
export type CrashService = "till" | "ledger" | "mailer" | "newcomer";

type PlaceKind = Place["kind"];

export interface PlannedPoint {
  readonly name: string;
  /** Where the sources have it. */
  readonly places: readonly PlaceKind[];
  /** Where it is armed. */
  readonly in: readonly CrashService[];
  /** It kills at the first up to this many times that it is passed: what is passed often would else never let a life grow old. */
  readonly within: number;
  /** Is passed on the way up. A newcomer dies at each of them once; the others at one of them now and then. */
  readonly atStart: boolean;
  /** Is passed when a partition is given away: at a rebalance, and when the service closes. */
  readonly onTheWayOut: boolean;
  /** Is passed only where two processes died over the same events. */
  readonly needsCare: boolean;
}

const everywhere: readonly PlaceKind[] = ["sqlite", "kafka"];
const always: readonly CrashService[] = ["till", "ledger", "mailer", "newcomer"];
const running: readonly CrashService[] = ["till", "ledger", "mailer"];
const start = (name: string, where: readonly CrashService[] = always): PlannedPoint => ({
  name,
  places: everywhere,
  in: where,
  within: 1,
  atStart: true,
  onTheWayOut: false,
  needsCare: false,
});
const point = (name: string, where: readonly CrashService[], within = 1): PlannedPoint => ({
  name,
  places: everywhere,
  in: where,
  within,
  atStart: false,
  onTheWayOut: false,
  needsCare: false,
});
const only = (place: PlaceKind, planned: PlannedPoint): PlannedPoint => ({ ...planned, places: [place] });
const release = (name: string): PlannedPoint => ({ ...point(name, running), onTheWayOut: true });

/** Every crash point of the sources, and what provokes it: a unit test compares them. */
export const plannedPoints: readonly PlannedPoint[] = [
  only("sqlite", start("log.before-open-commit")),
  start("store.after-migration", ["newcomer"]),
  start("store.before-open-commit"),
  start("store.after-open"),
  start("log.before-topic-commit", ["newcomer"]),
  only("kafka", start("log.after-topic-commit", ["newcomer"])),
  start("start.after-topics"),
  start("start.after-register"),
  start("start.before-join"),
  start("group.before-join-commit"),
  start("group.after-join"),
  start("group.after-acquire"),
  start("start.after-join"),

  only("kafka", point("store.commit-under-way", ["till", "ledger", "mailer"], 60)),
  point("store.before-wake", ["till"], 60),
  point("relay.before-number-commit", ["till", "ledger"], 20),
  point("relay.after-number", ["till", "ledger"], 20),
  point("log.before-append-commit", ["till", "ledger"], 20),
  point("log.after-append-commit", ["till", "ledger"], 20),
  point("relay.after-send", ["till", "ledger"], 20),

  point("claim.before-commit", ["till", "ledger", "mailer"], 3),
  point("claim.after-commit", ["till", "ledger", "mailer"], 3),
  { ...point("claim.after-note", ["till", "ledger", "mailer"], 3), needsCare: true },
  point("lane.before-commit", ["till", "ledger", "mailer", "newcomer"], 10),
  point("lane.after-commit", ["till", "ledger", "mailer", "newcomer"], 10),
  point("group.after-replan", running),
  point("group.before-offset-commit", running, 5),
  point("group.after-offset-commit", running, 5),
  point("receipts.before-mark", running, 2),
  point("receipts.after-mark", running, 2),

  point("drain.before-commit", ["ledger"], 2),
  point("drain.after-commit", ["ledger"], 2),
  point("drain.before-deadline-commit", ["ledger"]),
  point("drain.after-deadline-commit", ["ledger"]),
  point("redrive.before-commit", ["ledger"]),
  point("redrive.after-commit", ["ledger"]),

  point("call.after-lease", ["mailer"], 5),
  point("call.after-call", ["mailer"], 5),
  point("call.before-commit", ["mailer"], 5),
  point("call.after-commit", ["mailer"], 5),

  point("rebuild.after-reset", ["ledger"]),
  point("replay.before-commit", ["ledger"]),
  point("command.after-commit", ["ledger"]),
  point("refresh.before-lanes", ["ledger"]),
  point("catch-up.after-batch", ["ledger"], 2),
  point("hand-over.before-join", ["ledger"], 2),
  point("replay.before-done-commit", ["ledger"]),

  release("revoke.before-drained"),
  release("revoke.after-drained"),
  release("group.before-release-commit"),
  release("group.after-release"),
  only("kafka", release("group.after-leave")),
];

export function pointsOf(place: PlaceKind): readonly PlannedPoint[] {
  return plannedPoints.filter(({ places }) => places.includes(place));
}
