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
