import type { Randomness } from "throughline/seams";

/**
 * The orders in which `count` events can arrive, as indices, without the given one (0, 1, 2 …). All of them if they are no more
 * than `most`, else a sample: the reverse, and others by chance.
 */
export function arrivalOrders(count: number, most: number, random: Randomness): number[][] {
  const given = Array.from({ length: count }, (_, index) => index);
  if (factorial(count) - 1 <= most) return permutations(given).slice(1);
  const found = new Map<string, number[]>();
  for (let order = given.toReversed(); found.size < most; order = shuffled(given, random)) {
    if (order.some((event, index) => event !== index)) found.set(order.join(), order);
  }
  return [...found.values()];
}

/** Puts `copies` more of each event somewhere into the order. */
export function withCopies(order: readonly number[], copies: number, random: Randomness): number[] {
  const arrivals = [...order];
  for (const event of order) {
    for (let copy = 0; copy < copies; copy++) arrivals.splice(Math.floor(random.next() * (arrivals.length + 1)), 0, event);
  }
  return arrivals;
}

/** In lexicographic order, so that the first is the one given. */
function permutations(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

/** Fisher and Yates. */
function shuffled(items: readonly number[], random: Randomness): number[] {
  const order = [...items];
  for (let left = order.length; left > 1; left--) {
    const chosen = Math.floor(random.next() * left);
    order.push(...order.splice(chosen, 1));
  }
  return order;
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}
