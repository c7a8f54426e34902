/** A duration for people: "850 µs", "12 ms", "1.5 s", "3m", "2h 5m", "4d". */
export function formatMicros(micros: number): string {
  if (micros < 1000) return `${Math.round(micros)} µs`;
  return formatMs(micros / 1000);
}

export function formatMs(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return withRest(minutes, "m", Math.round(seconds % 60), "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return withRest(hours, "h", minutes % 60, "m");
  return `${Math.floor(hours / 24)}d`;
}

const withRest = (whole: number, unit: string, rest: number, restUnit: string): string =>
  rest === 0 || rest === 60 ? `${whole}${unit}` : `${whole}${unit} ${rest}${restUnit}`;

/** "3m ago", or "in 10 s" for what is still to come. */
export function formatAgo(atMs: number, nowMs: number): string {
  return atMs > nowMs ? `in ${formatMs(atMs - nowMs)}` : `${formatMs(nowMs - atMs)} ago`;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** "12:30:01.123" by the clock on the wall. */
export function formatClock(atMs: number): string {
  const at = new Date(atMs);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** "2026-07-01 12:30:01" by the clock on the wall. */
export function formatTime(atMs: number): string {
  const at = new Date(atMs);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
