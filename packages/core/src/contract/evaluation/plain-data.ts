/** Deeper than data that people make, and not so deep that looking ends the stack. */
export const deepestPlain = 200;

/**
 * Whether no object in a value inherits anything of its own, or has a property that is undefined: it is as `JSON.parse` makes it.
 * Of what is nested deeper than `deepestPlain` nobody knows, and it counts as not plain.
 */
export function isPlainData(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth > deepestPlain) return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (!isPlainData(value[index], depth + 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const name in value) {
    const each = (value as Readonly<Record<string, unknown>>)[name];
    if (each === undefined || !isPlainData(each, depth + 1)) return false;
  }
  return true;
}
