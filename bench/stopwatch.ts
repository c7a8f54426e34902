import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Measured } from "./bench-row.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What a piece of work took. */
export interface Spent {
  readonly wallMs: number;
  /** Of all threads of this process. */
  readonly cpuMs: number;
}

/**
 * Starts to count time, and the processor's time with it: where others work on the same machine, only that tells ours. Collects
 * first what the preparation left, which is not the work's to pay for.
 */
export function startStopwatch(): () => Spent {
  collectGarbage();
  return startCounting();
}

/** The same without collecting garbage, for a start in the middle of work. */
export function startCounting(): () => Spent {
  const since = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { wallMs: performance.now() - since, cpuMs: (user + system) / 1_000 };
  };
}

/** So many events in that time, as events a second. */
export function rateOf({ wallMs, cpuMs }: Spent, events: number): Measured {
  return { figure: (events * 1_000) / wallMs, cpuMsPerEvent: cpuMs / events };
}
