import type { Flow } from "../../api/api-types.ts";

/** How long a flow took. */
export interface Took {
  readonly name: "Took" | "Took so far" | "Until its last step";
  readonly fromMs: number;
  /** Null: it goes on. */
  readonly toMs: number | null;
}

/** While something is on its way, time goes on; where a flow broke, it ended with its last step. Null: nothing is there. */
export function tookOf({ complete, events }: Pick<Flow, "complete" | "events">): Took | null {
  const fromMs = events[0]?.timestampMs;
  if (fromMs === undefined) return null;
  const handlers = events.flatMap((event) => event.handlers);
  if (!complete && handlers.some(({ outcome }) => outcome === "pending" || outcome === "waiting"))
    return { name: "Took so far", fromMs, toMs: null };
  const ends = [...events.map(({ timestampMs }) => timestampMs), ...handlers.flatMap(({ handledAtMs }) => handledAtMs ?? [])];
  return { name: complete ? "Took" : "Until its last step", fromMs, toMs: Math.max(...ends) };
}
