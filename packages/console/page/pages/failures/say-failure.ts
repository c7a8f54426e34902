import type { Failure, FailureGroup } from "../../api/api-types.ts";
import { sentenceCase } from "../overview/problem-words.ts";
import type { Tone } from "../../parts/status.tsx";

/** Why it is a dead letter, as what an event did. */
const reasons: Readonly<Record<string, string>> = {
  failed: "used up its retries",
  permanent: "failed in a way that no retry mends",
  crash: "ended the process that handled it",
  gap: "waited for an earlier event that never came",
  conflict: "has a number that another event had",
  uncertain: "made a call of which nobody knows whether it was done",
  undecodable: "could not be read",
  invalid: "did not match its contract",
  "unknown-version": "is of a version that nobody told it of",
};

export const sayReason = (reason: string): string => reasons[reason] ?? `failed (${reason})`;

export const causeOf = ({ code, error, pattern }: Pick<FailureGroup, "code" | "error" | "pattern">): string =>
  `${code ?? error}: ${pattern}`;

/** Those that nobody has answered: of the tenant that was chosen, else the open ones of all. */
export const openOf = ({ open, ofTenant }: Pick<FailureGroup, "open" | "ofTenant">): number => ofTenant ?? open;

export const stateOf = ({ state, answer, asked }: Failure): { readonly tone: Tone; readonly word: string } => {
  if (state === "open") return { tone: "bad", word: "Open" };
  if (state === "asked") return { tone: "warn", word: asked?.action === "discard" ? "Discard asked" : "Redrive asked" };
  return answer === "dead" ? { tone: "bad", word: "Dead again" } : { tone: "good", word: sentenceCase(answer ?? "answered") };
};

const hours = 24;
const hourMs = 3_600_000;

/** A count for each of the last hours, the newest last. */
export function hourly(trend: FailureGroup["trend"], now: number): number[] {
  const newest = Math.floor(now / hourMs) * hourMs;
  const counts = new Map(trend.map(({ hourMs: at, count }) => [at, count]));
  return Array.from({ length: hours }, (_, at) => counts.get(newest - (hours - 1 - at) * hourMs) ?? 0);
}

/** How it goes, in words. */
export function sayTrend(trend: FailureGroup["trend"], now: number): string {
  const values = hourly(trend, now);
  const last = values.at(-1)! + values.at(-2)!;
  const before = values.at(-3)! + values.at(-4)!;
  if (last === 0) return "none in the last hours";
  if (before === 0) return "new in the last two hours";
  if (last > before * 1.5) return "rising";
  return last < before / 1.5 ? "falling" : "steady";
}
