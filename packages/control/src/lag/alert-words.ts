export const number = (value: number): string => value.toLocaleString("en");
export const events = (count: number): string => `${number(count)} ${count === 1 ? "event" : "events"}`;

/** Names are other people's: in a sentence they are one line. */
export const oneLine = (name: string): string => name.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, "�").slice(0, 200);

/** `42s`, `4m 10s`, `3h 5m`, `2d 4h`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d ${Math.floor((seconds % 86_400) / 3600)}h`;
}
