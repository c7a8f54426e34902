import { isUtf8 } from "node:buffer";
import type { Header } from "throughline/seams";

/**
 * Headers as they stand in a table, where any language can write and read them: `[["name", "text"], ["name", null],
 * ["name", { "base64": "…" }]]`, the last for bytes that are no UTF-8.
 */
export function headersToJson(headers: readonly Header[]): string {
  return JSON.stringify(
    headers.map(([name, value]) => {
      if (value === null) return [name, null];
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      return [name, isUtf8(bytes) ? bytes.toString("utf8") : { base64: bytes.toString("base64") }];
    }),
  );
}

/** Reads them back. Takes an object of texts by name too, which is easier to write by hand. Throws on anything else. */
export function headersFromJson(json: string): Header[] {
  const read = JSON.parse(json) as unknown;
  const entries: unknown[] = Array.isArray(read) ? read : Object.entries(read as object);
  return entries.map((entry) => {
    if (!Array.isArray(entry) || entry.length !== 2 || typeof entry[0] !== "string")
      throw new TypeError(`a header must be ["name", value], not ${JSON.stringify(entry)}`);
    return [entry[0], bytesOf(entry[0], entry[1])];
  });
}

function bytesOf(name: string, value: unknown): Uint8Array | null {
  if (value === null) return null;
  if (typeof value === "string") return Buffer.from(value, "utf8");
  const { base64 } = value as { base64?: unknown };
  if (typeof base64 === "string") return Buffer.from(base64, "base64");
  throw new TypeError(`the value of header "${name}" must be a text, null or { "base64": … }, not ${JSON.stringify(value)}`);
}
