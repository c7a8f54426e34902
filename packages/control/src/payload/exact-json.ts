// JSON.rawJSON and the third argument of a reviver are in Node 22 and later; TypeScript's library does not know them yet.
const exact = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
};

/** Parses JSON so that `JSON.stringify` gives every number back as it was written, integers above 2^53 included. */
export function parseExact(text: string): unknown {
  return exact.parse(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined && String(value) !== source ? exact.rawJSON(source) : value,
  );
}

/** Whether it is a number that `parseExact` kept as it was written. */
export const isExactNumber = (value: unknown): boolean => exact.isRawJSON(value);

/** A record's value as text: JSON indented with exact numbers, other text as it is, other bytes in base64. */
export function prettyValue(value: Uint8Array | null): {
  readonly text: string;
  readonly kind: "json" | "text" | "base64" | "null";
} {
  if (value === null) return { text: "null (a tombstone)", kind: "null" };
  const bytes = Buffer.from(value);
  const text = bytes.toString("utf8");
  if (!Buffer.from(text, "utf8").equals(bytes)) return { text: bytes.toString("base64"), kind: "base64" };
  try {
    return { text: JSON.stringify(parseExact(text), null, 2), kind: "json" };
  } catch {
    return { text, kind: "text" };
  }
}

/** A record's value for `--json`: parsed with exact numbers where it is JSON, a string where it is text, else base64. */
export function valueForJson(value: Uint8Array | null): { readonly data: unknown } | { readonly data_base64: string } {
  if (value === null) return { data: null };
  const pretty = prettyValue(value);
  if (pretty.kind === "base64") return { data_base64: pretty.text };
  return { data: pretty.kind === "json" ? parseExact(pretty.text) : pretty.text };
}
