import type { MapEdge, ServiceMap } from "./service-map.ts";

/** What stands on the map for all services that somebody may not see. No service can have such a name. */
export const closedName = "services you may not see";

/**
 * The map as somebody may see it who may see some services only: those, and what goes between them. What goes from them to others, or comes
 * from there, ends in one closed box, without a handler, and without how well that goes.
 * @param services Null: all of them.
 */
export function seenMap(map: ServiceMap, services: readonly string[] | null): ServiceMap {
  if (services === null) return map;
  const maySee = new Set(services);
  const edges = new Map<string, MapEdge>();
  for (const edge of map.edges) {
    const [from, to] = [maySee.has(edge.from), maySee.has(edge.to)];
    if (!from && !to) continue;
    const shown = to ? { ...edge, from: from ? edge.from : closedName } : closedEdge(edge);
    const key = JSON.stringify([shown.from, shown.to, shown.handler, shown.type, shown.topic]);
    const other = edges.get(key);
    // Several closed publishers of one type are one line into a handler; several closed handlers are one line out, and hear the same events.
    if (other === undefined) edges.set(key, shown);
    else if (to) edges.set(key, { ...shown, events: other.events + shown.events, perSecond: other.perSecond + shown.perSecond });
  }
  const shown = [...edges.values()];
  const isClosed = shown.some(({ from, to }) => from === closedName || to === closedName);
  return {
    nodes: [
      ...map.nodes.filter(({ name }) => maySee.has(name)),
      ...(isClosed ? [{ name: closedName, kind: "closed" as const, health: "unknown" as const }] : []),
    ],
    edges: shown,
    unheard: map.unheard.filter(({ from }) => maySee.has(from)),
  };
}

const closedEdge = (edge: MapEdge): MapEdge => ({
  ...edge,
  to: closedName,
  handler: "",
  health: "unknown",
  why: null,
  behind: null,
  unanswered: 0,
});
