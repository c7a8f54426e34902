import type { ServiceMap } from "../../api/answers.ts";
import type { Tone } from "../../parts/status.tsx";

export const healths: Readonly<Record<ServiceMap["nodes"][number]["health"], { readonly tone: Tone; readonly word: string }>> = {
  ok: { tone: "good", word: "Well" },
  behind: { tone: "warn", word: "Behind" },
  failing: { tone: "bad", word: "Failing" },
  stopped: { tone: "bad", word: "Stopped" },
  unknown: { tone: "unknown", word: "Unknown" },
};
