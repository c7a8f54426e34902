/** A copy of a JSON value with the members of each object in the order of their names, which mean nothing by their order. */
export function canonicalJson<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(canonicalJson) as Value;
  if (typeof value !== "object" || value === null) return value;
  const ordered = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => [name, canonicalJson(inner)]);
  return Object.fromEntries(ordered) as Value;
}

export function isSameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(canonicalJson(a)) === JSON.stringify(canonicalJson(b));
}
