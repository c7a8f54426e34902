/**
 * Milliseconds since the machine started, the same for all its processes (CLOCK_MONOTONIC on Linux). Sessions are measured by it,
 * so that nobody expires because somebody set the wall clock, or because the machine slept.
 */
export function machineNowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + Math.floor(nanoseconds / 1e6);
}
