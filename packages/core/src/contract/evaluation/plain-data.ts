/** Whether no object in a value inherits anything of its own: it is as `JSON.parse` makes it, or a literal. */
export function isPlainData(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (!isPlainData(value[index])) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const name in value) if (!isPlainData((value as Readonly<Record<string, unknown>>)[name])) return false;
  return true;
}
