import type { Flow, FlowEvent, FlowHandler } from "./flow-tree.ts";
import type { Outcome } from "./handler-outcome.ts";

export interface Hop {
  readonly event: FlowEvent;
  readonly handler: FlowHandler;
}

export interface FlowSummary {
  /** True when every handler is done with every event. */
  readonly complete: boolean;
  readonly events: number;
  readonly hops: Readonly<Partial<Record<Outcome, number>>>;
  readonly sentence: string;
}

/** Every event of a flow, each before those it caused. */
export function eventsOf(flow: Flow): FlowEvent[] {
  const withCaused = (event: FlowEvent): FlowEvent[] => [
    event,
    ...event.handlers.flatMap((handler) => handler.published.flatMap(withCaused)),
    ...event.caused.flatMap(withCaused),
  ];
  return flow.roots.flatMap(withCaused);
}

export const hopsOf = (flow: Flow): Hop[] =>
  eventsOf(flow).flatMap((event) => event.handlers.map((handler) => ({ event, handler })));

const done: ReadonlySet<Outcome> = new Set(["applied", "duplicate", "stale", "discarded", "before-start"]);

/** How bad an outcome is, worst first, and how it is said. */
const notDone: readonly (readonly [Outcome, string])[] = [
  ["dead", "failed for good on"],
  ["missing", "passed without an outcome:"],
  ["waiting", "is being retried or waits on"],
  ["pending", "has not come to"],
  ["unknown", "has no receipt for"],
];

export function summariseFlow(flow: Flow): FlowSummary {
  const hops = hopsOf(flow);
  const counts: Partial<Record<Outcome, number>> = {};
  for (const { handler } of hops) counts[handler.outcome] = (counts[handler.outcome] ?? 0) + 1;
  const open = hops.filter(({ handler }) => !done.has(handler.outcome));
  return { complete: open.length === 0, events: eventsOf(flow).length, hops: counts, sentence: sentenceOf(hops, open) };
}

function sentenceOf(hops: readonly Hop[], open: readonly Hop[]): string {
  if (hops.length === 0) return "No service says that it handles these events.";
  if (open.length === 0)
    return hops.length === 1
      ? "Complete: its one handler is done."
      : `Complete: all ${hops.length} handlers are done, nothing is missing.`;
  const parts = notDone.flatMap(([outcome, verb]) =>
    open
      .filter(({ handler }) => handler.outcome === outcome)
      .map(({ event, handler }) => `${handler.service}/${handler.handler} ${verb} ${event.type}${because(handler)}`),
  );
  const shown = parts.slice(0, 4).join("; ");
  return `Not complete, ${open.length} of ${hops.length} handlers ${open.length === 1 ? "is" : "are"} not done: ${shown}${parts.length > 4 ? `; and ${parts.length - 4} more` : ""}.`;
}

function because(handler: FlowHandler): string {
  const why = handler.error === null ? handler.note : `${handler.error.code ?? handler.error.name}: ${handler.error.message}`;
  return why === null ? "" : ` (${why})`;
}
