import type { FlowEvent, FlowHandler } from "./flow-event.ts";

/** What a box stands for: an event, a handler of it, or what whoever looks may not see: so many handlers, or something before an event. */
export type Shown = { readonly event: FlowEvent } | { readonly handler: FlowHandler } | { readonly closedHandlers: number };

export interface Placed {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly shown: Shown;
}

export interface Drawn {
  readonly nodes: readonly Placed[];
  readonly edges: readonly { readonly id: string; readonly source: string; readonly target: string }[];
  readonly rows: number;
}

export const nodeWidth = 208;
export const nodeHeight = 58;
const columnWidth = nodeWidth + 56;
const rowHeight = nodeHeight + 14;

/** How far each step stands to the right of the one that it follows from, where each has a row of its own. */
const indent = 20;

/**
 * `columns`: from left to right an event, who handles it, what they published; each leaf has a row of its own, so nothing overlaps.
 * `rows`: one below the other, each step a little to the right, for a screen that is higher than wide.
 */
export type Shape = "columns" | "rows";

export function layOut(events: readonly FlowEvent[], shape: Shape = "columns"): Drawn {
  const byKey = new Map(events.map((event) => [event.key, event]));
  const nodes: Placed[] = [];
  const edges: { id: string; source: string; target: string }[] = [];
  const placed = new Set<string>();
  let row = 0;

  const place = (id: string, column: number, shown: Shown, children: readonly (() => number)[]) => {
    if (shape === "rows") {
      nodes.push({ id, x: column * indent, y: row++ * rowHeight, shown });
      return children.map((child) => child()).at(-1) ?? row;
    }
    const rows = children.map((child) => child());
    const y = rows.length === 0 ? row++ : (rows[0]! + rows.at(-1)!) / 2;
    nodes.push({ id, x: column * columnWidth, y: y * rowHeight, shown });
    return y;
  };
  const link = (source: string, target: string): void => void edges.push({ id: `${source} → ${target}`, source, target });

  const placeEvent = (event: FlowEvent, column: number): number => {
    placed.add(event.key);
    const published = new Set(event.handlers.flatMap((handler) => handler.published));
    const others = events.filter(({ key, causedBy }) => causedBy === event.key && !published.has(key) && !placed.has(key));
    const behind = others.filter(({ isBehindClosed }) => isBehindClosed);
    const isClosed = event.closedHandlers > 0 || behind.length > 0;
    return place(event.key, column, { event }, [
      ...event.handlers.map((handler) => () => {
        const id = `${event.key} ${handler.service}/${handler.handler}`;
        link(event.key, id);
        return placeHandler(id, handler, column + 1);
      }),
      ...(isClosed ? [() => placeClosed(`${event.key} closed`, event.key, event.closedHandlers, behind, column + 1)] : []),
      ...others
        .filter(({ isBehindClosed }) => !isBehindClosed)
        .map((child) => () => {
          link(event.key, child.key);
          return placeEvent(child, column + 2);
        }),
    ]);
  };
  const placeClosed = (
    id: string,
    from: string | null,
    closedHandlers: number,
    behind: readonly FlowEvent[],
    column: number,
  ): number => {
    if (from !== null) link(from, id);
    return place(
      id,
      column,
      { closedHandlers },
      behind.map((child) => () => {
        link(id, child.key);
        return placeEvent(child, column + 1);
      }),
    );
  };
  const placeHandler = (id: string, handler: FlowHandler, column: number): number => {
    const children = handler.published.flatMap((key) => byKey.get(key) ?? []).filter(({ key }) => !placed.has(key));
    return place(
      id,
      column,
      { handler },
      children.map((child) => () => {
        link(id, child.key);
        return placeEvent(child, column + 1);
      }),
    );
  };
  for (const event of events) {
    if (placed.has(event.key) || event.causedBy !== null) continue;
    if (event.isBehindClosed) placeClosed(`closed ${event.key}`, null, 0, [event], 0);
    else placeEvent(event, 0);
  }
  for (const event of events) if (!placed.has(event.key)) placeEvent(event, 0);
  return { nodes, edges, rows: row };
}
