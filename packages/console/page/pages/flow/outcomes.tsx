import type { Flow } from "../../api/api-types.ts";
import type { FlowHandler, Outcome } from "./flow-event.ts";
import { Status, type Tone } from "../../parts/status.tsx";

/** What a handler made of an event, in a word; the tone goes with how much somebody must look. */
export const outcomes: Readonly<Record<Outcome, { readonly tone: Tone; readonly word: string }>> = {
  applied: { tone: "good", word: "Applied" },
  duplicate: { tone: "calm", word: "Duplicate" },
  stale: { tone: "calm", word: "Stale" },
  waiting: { tone: "warn", word: "Waiting" },
  dead: { tone: "bad", word: "Failed for good" },
  discarded: { tone: "calm", word: "Discarded" },
  pending: { tone: "warn", word: "Not yet" },
  missing: { tone: "bad", word: "Missing" },
  "before-start": { tone: "calm", word: "Before its start" },
  unknown: { tone: "unknown", word: "Unknown" },
};

export const OutcomeStatus = ({ of }: { readonly of: Outcome }) => <Status tone={outcomes[of].tone}>{outcomes[of].word}</Status>;

export const flowTone = ({ complete, blind }: Pick<Flow, "complete" | "blind">, handlers: readonly FlowHandler[]): Tone => {
  if (blind !== null) return "unknown";
  if (complete) return "good";
  return handlers.some(({ outcome }) => outcomes[outcome].tone === "bad") ? "bad" : "warn";
};
