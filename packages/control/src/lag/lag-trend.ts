/** How many events behind, at a time. */
export interface BehindAtTime {
  readonly atMs: number;
  readonly behind: number;
}

/**
 * Events by which the lag grows in a second, negative while it shrinks: the slope of the line that fits the samples best (least
 * squares), which one late commit does not turn round. Null with fewer than two samples, or all at one time.
 */
export function trendPerSecond(samples: readonly BehindAtTime[]): number | null {
  const count = samples.length;
  if (count < 2) return null;
  const meanMs = samples.reduce((sum, { atMs }) => sum + atMs, 0) / count;
  const meanBehind = samples.reduce((sum, { behind }) => sum + behind, 0) / count;
  let [together, spread] = [0, 0];
  for (const { atMs, behind } of samples) {
    together += (atMs - meanMs) * (behind - meanBehind);
    spread += (atMs - meanMs) ** 2;
  }
  return spread === 0 ? null : (together / spread) * 1000;
}

/** How long until nothing is behind, if it goes on like this; 0 at the end, null when it does not shrink. */
export function catchUpMs(behind: number, trend: number | null): number | null {
  if (behind === 0) return 0;
  return trend === null || trend >= 0 ? null : Math.round((behind / -trend) * 1000);
}
