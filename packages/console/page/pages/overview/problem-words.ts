import type { OpenProblem } from "../../api/api-types.ts";
import type { Tone } from "../../parts/status.tsx";

export const severities: Readonly<Record<OpenProblem["severity"], { readonly tone: Tone; readonly word: string }>> = {
  critical: { tone: "bad", word: "Broken" },
  warning: { tone: "warn", word: "Warning" },
  notice: { tone: "calm", word: "Notice" },
};

/** The first action is the one that is shown as such. */
export const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
