import type { GroupLag, Incident } from "../../api/api-types.ts";
import { count, counted } from "../../parts/say-number.ts";
import { duration } from "../../parts/say-time.ts";
import type { Tone } from "../../parts/status.tsx";

type Partition = GroupLag["partitions"][number];

export const groupState = ({
  status,
  incident,
}: Pick<GroupLag, "status" | "incident">): { readonly tone: Tone; readonly word: string } => {
  if (incident !== null) return { tone: "bad", word: "Too far behind" };
  if (status === "error") return { tone: "bad", word: "Not reading" };
  return status === "warning" ? { tone: "warn", word: "Falling behind" } : { tone: "good", word: "Keeps up" };
};

const partitionWords: Readonly<Record<Partition["status"], { readonly tone: Tone; readonly word: string }>> = {
  ok: { tone: "good", word: "Keeps up" },
  warning: { tone: "warn", word: "Falling behind" },
  stopped: { tone: "bad", word: "Stopped" },
  stalled: { tone: "bad", word: "Stalled" },
  rewound: { tone: "warn", word: "Rewound" },
};
export const partitionState = ({ status }: Pick<Partition, "status">) => partitionWords[status];

/** How long behind; "at least" where only that is known. */
export function sayBehindMs(ms: number | null, from: Partition["behindMsFrom"] = "record"): string {
  if (ms === null) return "unknown";
  return `${from === "at-least" ? "≥ " : from === "estimate" ? "≈ " : ""}${duration(ms)}`;
}

export const sayCatchUp = ({ behind, catchUpMs }: Pick<GroupLag, "behind" | "catchUpMs">): string => {
  if (behind === 0) return "has";
  return catchUpMs === null ? "not at this rate" : `in ${duration(catchUpMs)}`;
};

export function sayIncident({
  cause,
  limit,
  worstBehind,
  worstBehindMs,
  failures,
}: Pick<Incident, "cause" | "limit" | "worstBehind" | "worstBehindMs" | "failures">): string {
  if (failures !== undefined) {
    const { causes, handlers, worstUnanswered } = failures;
    const why = causes.length === 1 ? "" : `, for ${count(causes.length)} causes`;
    return `${handlers.join(", ")} failed for good${why}; at worst ${counted(worstUnanswered, "event")} unanswered`;
  }
  const worst = `at worst ${count(worstBehind)} events${worstBehindMs === null ? "" : `, ${duration(worstBehindMs)}`} behind`;
  if (cause === "status") return `It stopped reading; ${worst}`;
  return `Beyond its limit of ${cause === "behind" ? `${count(limit ?? 0)} events` : duration(limit ?? 0)}; ${worst}`;
}
