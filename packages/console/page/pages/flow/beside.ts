import type { FlowLogs, LogLine } from "../logs/log-lines.tsx";
import type { FlowEvent, FlowHandler } from "./flow-event.ts";

/** What is known beside a flow: log lines and traces. */
export interface Beside {
  readonly fromMs: number;
  /** Null: not known yet. */
  readonly logs: FlowLogs | null;
  readonly lines: ReadonlyMap<string, readonly LogLine[]>;
  readonly traces: ReadonlyMap<string, string>;
}

/** Of which of the flow's rows a line is: a handler's, an event's, or of none. */
export const handlerRow = (
  { id }: Pick<FlowEvent, "id">,
  { service, handler }: Pick<FlowHandler, "service" | "handler">,
): string => JSON.stringify([id, service, handler]);
export const eventRow = ({ id }: Pick<FlowEvent, "id">): string => JSON.stringify([id]);
export const noRow = "";

/** Lines by their rows. */
export function linesByRow(events: readonly FlowEvent[], lines: readonly LogLine[]): Map<string, LogLine[]> {
  const rows = new Set(
    events.flatMap((event) => [eventRow(event), ...event.handlers.map((handler) => handlerRow(event, handler))]),
  );
  return Map.groupBy(lines, ({ eventId: id, service, handler }) => {
    const wanted =
      id === undefined ? [] : [...(handler === undefined ? [] : [handlerRow({ id }, { service, handler })]), eventRow({ id })];
    return wanted.find((key) => rows.has(key)) ?? noRow;
  });
}
