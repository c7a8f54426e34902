import type { AnswerOf } from "../api/answers.ts";
import { count } from "../parts/say-number.ts";
import type { Tone } from "../parts/tone.ts";

/** While events come the index is a few records behind now and then; what lasts longer hides something. */
const lastingMs = 8_000;

/** How far the index is, in a few words; `behindForMs` is for how long it was behind whenever it was looked at. */
export function sayIndex(
  { blind, problem, behind }: Pick<AnswerOf<"/index">, "blind" | "problem" | "behind">,
  behindForMs: number,
): { readonly tone: Tone; readonly word: string } {
  const isCatchingUp = behind > 0 && behindForMs < lastingMs;
  if (blind !== null && !isCatchingUp) return { tone: "unknown", word: `Unknown: ${blind}` };
  if (problem !== null) return { tone: "warn", word: problem };
  return behind > 0 ? { tone: "calm", word: `${count(behind)} to index` } : { tone: "good", word: "Index up to date" };
}
