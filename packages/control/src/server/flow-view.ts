import type { FlowEvent } from "../flow/flow-tree.ts";
import type { SeenFlow } from "../flow/seen-flow.ts";
import { summariseFlow } from "../flow/flow-summary.ts";
import type { FlowView } from "./schemas/flow-schemas.ts";

export const eventKey = ({ topic, partition, offset }: Pick<FlowEvent, "topic" | "partition" | "offset">): string =>
  `${topic}/${partition}/${offset}`;

/** A tree of events as a list, which names the events that each handler published. */
export function flowView({ flow, closedHandlers, behindClosed, closed }: SeenFlow, blind: string | null): FlowView {
  const { complete, sentence } = summariseFlow(flow);
  const events: FlowView["events"][number][] = [];
  const add = (event: FlowEvent, causedBy: string | null): void => {
    const { handlers, caused, ...seen } = event;
    const key = eventKey(event);
    events.push({
      key,
      ...seen,
      causedBy,
      handlers: handlers.map((handler) => ({ ...handler, published: handler.published.map(eventKey) })),
      closedHandlers: closedHandlers.get(event) ?? 0,
      isBehindClosed: behindClosed.has(event),
    });
    for (const child of [...handlers.flatMap(({ published }) => published), ...caused]) add(child, key);
  };
  for (const root of flow.roots) add(root, null);
  const isWhole = closed.events === 0 && closed.handlers === 0;
  const said = isWhole ? sentence : `Of what you may see: ${sentence} ${closedSentence(closed)}`;
  return { correlationId: flow.correlationId, complete, sentence: said, blind, events, closed };
}

function closedSentence({ events, handlers }: SeenFlow["closed"]): string {
  const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
  const parts = [...(events > 0 ? [counted(events, "event")] : []), ...(handlers > 0 ? [counted(handlers, "handler")] : [])];
  return `${parts.join(" and ")} of services that you may not see ${events + handlers === 1 ? "is" : "are"} closed.`;
}
