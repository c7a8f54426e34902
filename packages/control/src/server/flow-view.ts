import type { Flow, FlowEvent } from "../flow/flow-tree.ts";
import { summariseFlow } from "../flow/flow-summary.ts";
import type { FlowView } from "./schemas/flow-schemas.ts";

export const eventKey = ({ topic, partition, offset }: Pick<FlowEvent, "topic" | "partition" | "offset">): string =>
  `${topic}/${partition}/${offset}`;

/** A tree of events as a list, which names the events that each handler published. */
export function flowView(flow: Flow, blind: string | null): FlowView {
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
    });
    for (const child of [...handlers.flatMap(({ published }) => published), ...caused]) add(child, key);
  };
  for (const root of flow.roots) add(root, null);
  return { correlationId: flow.correlationId, complete, sentence, blind, events };
}
