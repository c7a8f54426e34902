import type { ChaosService } from "./schedule.ts";

export interface ChaosPoint {
  readonly name: string;
  readonly in: readonly ChaosService[];
  /** It kills at the first up to this many times that it is passed. */
  readonly within: number;
}

const all: readonly ChaosService[] = ["orders", "payments", "billing", "notifications", "inventory", "analytics"];
const publishing: readonly ChaosService[] = ["orders", "payments"];

/**
 * Before and after commit, after send and before mark, in drain, in hand-over, in redrive: where the services of the chaos run
 * die by themselves, beside being killed. All other crash points are hit by the crash driver (e2e/crash-points).
 */
export const chaosPoints: readonly ChaosPoint[] = [
  { name: "lane.before-commit", in: all, within: 10 },
  { name: "store.commit-under-way", in: all, within: 60 },
  { name: "lane.after-commit", in: all, within: 10 },
  { name: "relay.before-number-commit", in: publishing, within: 20 },
  { name: "relay.after-number", in: publishing, within: 20 },
  { name: "log.before-append-commit", in: publishing, within: 20 },
  { name: "log.after-append-commit", in: publishing, within: 20 },
  { name: "relay.after-send", in: publishing, within: 20 },
  { name: "receipts.before-mark", in: all, within: 3 },
  { name: "receipts.after-mark", in: all, within: 3 },
  { name: "drain.before-commit", in: ["payments"], within: 3 },
  { name: "drain.after-commit", in: ["payments"], within: 3 },
  { name: "call.after-call", in: ["notifications"], within: 10 },
  { name: "call.before-commit", in: ["notifications"], within: 10 },
  { name: "call.after-commit", in: ["notifications"], within: 10 },
  { name: "catch-up.after-batch", in: all, within: 2 },
  { name: "hand-over.before-join", in: all, within: 1 },
  { name: "group.after-acquire", in: all, within: 1 },
  { name: "group.before-offset-commit", in: all, within: 5 },
  { name: "redrive.before-commit", in: ["payments"], within: 2 },
  { name: "redrive.after-commit", in: ["payments"], within: 2 },
];

/** Points for one life: those that lack hits, each with a chance that leaves lives in which nothing is armed. Empty: none. */
export function pointToDieAt({
  service,
  hits,
  hitsEach,
  random,
}: {
  service: ChaosService;
  hits: ReadonlyMap<string, number>;
  hitsEach: number;
  random: () => number;
}): string {
  if (random() < 0.4) return "";
  const open = chaosPoints.filter((point) => point.in.includes(service) && (hits.get(point.name) ?? 0) < hitsEach);
  return open
    .filter(() => random() < 0.6)
    .map(({ name, within }) => `${name}@${1 + Math.floor(random() * within)}`)
    .join();
}
