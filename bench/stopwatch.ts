import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Spent } from "./bench-row.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/**
 * Starts to count time, and the processor's time with it: where others work on the same machine, only that tells ours. Collects
 * first what the preparation left, which is not the work's to pay for.
 */
export function startStopwatch(): () => Spent {
  collectGarbage();
  const since = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { wallMs: performance.now() - since, cpuMs: (user + system) / 1_000 };
  };
}
