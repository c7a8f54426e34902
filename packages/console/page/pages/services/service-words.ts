import type { AnswerOf, Service } from "../../api/answers.ts";
import type { Tone } from "../../parts/status.tsx";

type Summary = AnswerOf<"/services">["items"][number];
interface Word {
  readonly tone: Tone;
  readonly word: string;
}

export function serviceState({ state, notLive, unanswered }: Pick<Summary, "state" | "notLive" | "unanswered">): Word {
  if (state === "silent") return { tone: "bad", word: "Silent" };
  if (state === "stopped") return { tone: "warn", word: "Stopped" };
  if (unanswered > 0) return { tone: "bad", word: "Failing" };
  return notLive > 0 ? { tone: "warn", word: "Not all live" } : { tone: "good", word: "Runs" };
}

const handlerWords: Readonly<Record<string, Word>> = {
  live: { tone: "good", word: "Live" },
  paused: { tone: "warn", word: "Paused" },
  stopped: { tone: "bad", word: "Stopped" },
  failing: { tone: "bad", word: "Failing" },
  full: { tone: "bad", word: "Full" },
  waiting: { tone: "calm", word: "Waiting" },
  "catching-up": { tone: "warn", word: "Catching up" },
};

export function handlerState({ state, unanswered }: Pick<Service["handlers"][number], "state" | "unanswered">): Word {
  const known = handlerWords[state] ?? { tone: "unknown", word: state };
  return known.tone === "good" && unanswered > 0 ? { tone: "bad", word: "Live, some failed" } : known;
}
