export interface MapPlace {
  readonly name: string;
  readonly column: number;
  readonly row: number;
}

interface Edge {
  readonly from: string;
  readonly to: string;
}

/**
 * A column for each step from those who mostly publish to those who mostly listen (the order of Eades, Lin and Smyth: a graph with circles
 * has the fewest lines that lead back). Within a column by name, so that nothing jumps from one look to the next.
 */
export function layOutMap(names: readonly string[], edges: readonly Edge[]): MapPlace[] {
  const order = bySources(names, edges);
  const at = new Map(order.map((name, place) => [name, place]));
  const forward = edges.filter(({ from, to }) => (at.get(from) ?? Infinity) < (at.get(to) ?? -1));
  const columns = new Map(names.map((name) => [name, 0]));
  // In this order whoever leads to somebody has its column already.
  for (const name of order)
    for (const { to } of forward.filter(({ from }) => from === name))
      columns.set(to, Math.max(columns.get(to)!, columns.get(name)! + 1));
  const rows = new Map<number, number>();
  return names.toSorted().map((name) => {
    const column = columns.get(name)!;
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    return { name, column, row };
  });
}

/** Those with the most lines out for their lines in come first; each leaves with its lines before the next is taken. */
function bySources(names: readonly string[], edges: readonly Edge[]): string[] {
  const left = new Set(names.toSorted());
  const order: string[] = [];
  while (left.size > 0) {
    const among = edges.filter(({ from, to }) => from !== to && left.has(from) && left.has(to));
    const weight = (name: string): number => {
      const out = among.filter(({ from }) => from === name).length;
      const into = among.filter(({ to }) => to === name).length;
      // Of those that are even, who publishes more.
      return out - into + out / 1_000;
    };
    const next = [...left].reduce((best, name) => (weight(name) > weight(best) ? name : best));
    order.push(next);
    left.delete(next);
  }
  return order;
}

/** Places for a screen that is higher than wide: a column is one or more rows of two, below those of the column before. */
export function stackMap(places: readonly MapPlace[]): (MapPlace & { readonly across: 0 | 0.5 | 1; readonly down: number })[] {
  const columns = Map.groupBy(places, ({ column }) => column);
  const starts = new Map<number, number>();
  let down = 0;
  for (const [column, of] of [...columns].toSorted(([a], [b]) => a - b)) {
    starts.set(column, down);
    down += Math.ceil(of.length / 2);
  }
  return places.map((place) => {
    const isAlone = place.row % 2 === 0 && place.row === columns.get(place.column)!.length - 1;
    const across = isAlone ? 0.5 : place.row % 2 === 0 ? 0 : 1;
    return { ...place, across, down: starts.get(place.column)! + Math.floor(place.row / 2) };
  });
}
