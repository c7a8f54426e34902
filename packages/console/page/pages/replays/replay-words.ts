import type { Replay } from "../../api/api-types.ts";
import { counted } from "../../parts/say-number.ts";
import type { Tone } from "../../parts/status.tsx";

export const replayStates: Readonly<Record<Replay["state"], { readonly tone: Tone; readonly word: string }>> = {
  asked: { tone: "calm", word: "Asked" },
  running: { tone: "warn", word: "Running" },
  paused: { tone: "calm", word: "Paused" },
  done: { tone: "good", word: "Done" },
  cancelled: { tone: "calm", word: "Cancelled" },
  refused: { tone: "bad", word: "Refused" },
};

export const kinds = {
  rebuild: "Rebuild: anew from history, then live in its place",
  rerun: "Rerun: once more through a part of history, beside what is live",
} as const;

/** Which part of history, in words. */
export function sayRange(range: NonNullable<Replay["range"]>, sayTime: (at: number) => string): string {
  const { fromMs, toMs, types, subjects, places } = range;
  return [
    fromMs === null && toMs === null
      ? "All of history"
      : `From ${fromMs === null ? "the beginning" : sayTime(fromMs)} to ${toMs === null ? "now" : sayTime(toMs)}`,
    ...(types === null ? [] : [`only ${types.join(", ")}`]),
    ...(subjects === null
      ? []
      : [subjects.length <= 3 ? `only of ${subjects.join(", ")}` : `only of ${counted(subjects.length, "subject")}`]),
    ...(places === null ? [] : [`only ${counted(places.length, "place")} of the log`]),
  ].join(", ");
}
