import { monitorEventLoopDelay } from "node:perf_hooks";

let histogram: ReturnType<typeof monitorEventLoopDelay> | null = null;

/** How late timers of this process are, in seconds, since this was asked last. It is measured from the first time on. */
export function eventLoopDelay(): { readonly p50: number; readonly p99: number; readonly max: number } {
  if (histogram === null) {
    histogram = monitorEventLoopDelay({ resolution: 10 });
    histogram.enable();
  }
  const seconds = (nanos: number): number => (Number.isFinite(nanos) && nanos > 0 ? nanos / 1e9 : 0);
  const delay = { p50: seconds(histogram.percentile(50)), p99: seconds(histogram.percentile(99)), max: seconds(histogram.max) };
  histogram.reset();
  return delay;
}
