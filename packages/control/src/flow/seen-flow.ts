import { isServiceOf } from "../reading/seen-event.ts";
import type { Flow, FlowEvent } from "./flow-tree.ts";

/** A flow as somebody may see it who may see some services only: what is of others is told of as closed, by number alone. */
export interface SeenFlow {
  /** Seen events, each with its seen handlers; where others stand between two of them, the later one is caused by the earlier one. */
  readonly flow: Flow;
  /** How many handlers of an event are closed, where any is. */
  readonly closedHandlers: ReadonlyMap<FlowEvent, number>;
  /** Events that something closed stands before. */
  readonly behindClosed: ReadonlySet<FlowEvent>;
  readonly closed: { readonly events: number; readonly handlers: number };
}

/**
 * Leaves out of a flow what is of other services: their handlers with outcomes and errors, and events that none of `services` publishes or
 * handles. An event that one of them handles is seen whatever it is of, for its failures and receipts name it, too.
 * @param services Null: all of them.
 */
export function seenFlow(flow: Flow, services: readonly string[] | null): SeenFlow {
  const closedHandlers = new Map<FlowEvent, number>();
  const behindClosed = new Set<FlowEvent>();
  const closed = { events: 0, handlers: 0 };
  if (services === null) return { flow, closedHandlers, behindClosed, closed };
  const maySee = new Set(services);

  const behind = (events: readonly FlowEvent[]): readonly FlowEvent[] => {
    for (const event of events) behindClosed.add(event);
    return events;
  };
  const seen = (event: FlowEvent): readonly FlowEvent[] => {
    const handlers = event.handlers.filter(({ service }) => maySee.has(service));
    const others = event.handlers.filter(({ service }) => !maySee.has(service));
    closed.handlers += others.length;
    const isSeen = handlers.length > 0 || services.some((service) => isServiceOf(event.source, service));
    const ofOthers = behind(others.flatMap(({ published }) => published.flatMap(seen)));
    const caused = event.caused.flatMap(seen);
    if (!isSeen) {
      closed.events += 1;
      return behind([...ofOthers, ...caused]);
    }
    const shown: FlowEvent = {
      ...event,
      handlers: handlers.map((handler) => ({ ...handler, published: handler.published.flatMap(seen) })),
      caused: [...ofOthers, ...caused],
    };
    if (others.length > 0) closedHandlers.set(shown, others.length);
    return [shown];
  };
  return { flow: { ...flow, roots: flow.roots.flatMap(seen) }, closedHandlers, behindClosed, closed };
}
