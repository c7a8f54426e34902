/**
 * All different orders of `items`, which may hold the same item more than once.
 * @example arrangements(["a", "a", "b"]) // [["a","a","b"], ["a","b","a"], ["b","a","a"]]
 */
export function arrangements<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return [...new Set(items)].flatMap((first) =>
    arrangements(items.toSpliced(items.indexOf(first), 1)).map((rest) => [first, ...rest]),
  );
}
