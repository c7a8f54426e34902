import type { Start } from "@throughline/control/reading";
import { usageError } from "../cli-errors.ts";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** "90s", "10m", "1.5h", "7d" in milliseconds; null for anything else. */
export function parseDuration(text: string): number | null {
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text);
  return parts === null ? null : Number(parts[1]) * unitMs[parts[2]!]!;
}

/** A time: a duration before now ("10m", "-10m") or an ISO date and time. Null for anything else. */
function momentOf(text: string, nowMs: number): number | null {
  const duration = parseDuration(text.startsWith("-") ? text.slice(1) : text);
  if (duration !== null) return nowMs - duration;
  const at = /^\d{4}-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/**
 * The value of `option` as a time in milliseconds.
 * @example parseMoment("--since", "24h", Date.now())
 */
export function parseMoment(option: string, text: string, nowMs: number): number {
  const at = momentOf(text, nowMs);
  if (at === null)
    throw usageError(
      `${option} does not understand "${text}"; give a duration like 10m, 24h or 7d, or a time like 2026-07-01T12:30:00Z`,
    );
  return at;
}

/** Where reading starts: at an end of the log, at a time, or at an offset of every partition. */
export function parseStart(option: string, text: string, nowMs: number): Start {
  if (text === "earliest" || text === "latest") return { at: text };
  if (/^\d+$/.test(text)) return { at: "offset", offset: Number(text) };
  const ms = momentOf(text, nowMs);
  if (ms === null)
    throw usageError(
      `${option} does not understand "${text}"; give earliest, latest, an offset like 1200, a duration like -10m, or a time like 2026-07-01T12:30:00Z`,
    );
  return { at: "time", ms };
}
