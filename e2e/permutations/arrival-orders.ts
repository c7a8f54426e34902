/** One way in which a subject's events arrive: their numbers, 1 to n, each at least once. */
export type Arrivals = readonly number[];

/** Every sequence of `length` arrivals of one event or several: all permutations, with every way to repeat some of them. */
export function* allArrivals(length: number): Generator<Arrivals> {
  for (let events = 1; events <= length; events++) yield* arrivalsOf(events, length, []);
}

function* arrivalsOf(events: number, length: number, begun: readonly number[]): Generator<Arrivals> {
  const missing = events - new Set(begun).size;
  if (missing > length - begun.length) return;
  if (begun.length === length) yield begun;
  else for (let event = 1; event <= events; event++) yield* arrivalsOf(events, length, [...begun, event]);
}

/** Every order of 1 to n. */
export function* allOrders(n: number, begun: readonly number[] = []): Generator<Arrivals> {
  if (begun.length === n) yield begun;
  for (let event = 1; event <= n; event++) if (!begun.includes(event)) yield* allOrders(n, [...begun, event]);
}

/** Each event once more, anywhere. */
export function withCopies(order: Arrivals, random: () => number): Arrivals {
  const arrivals = [...order];
  for (const event of order) arrivals.splice(Math.floor(random() * (arrivals.length + 1)), 0, event);
  return arrivals;
}
