import { isUtf8 } from "node:buffer";
import type { Header } from "../seams/event-log.ts";

/**
 * Headers as they stand in a table, where any language can write and read them: `[["name", "text"], ["name", null],
 * ["name", { "base64": "…" }]]`, the last for bytes that are no UTF-8.
 */
export function headersToJson(headers: readonly Header[]): string {
  let json = "[";
  for (let i = 0; i < headers.length; i += 1) {
    // By index: destructuring goes through an iterator, and this runs for each header of each event that is published.
    const header = headers[i] as Header;
    json += i === 0 ? jsonOfHeader(header) : `,${jsonOfHeader(header)}`;
  }
  return `${json}]`;
}

const namesKept = 2_000;

/** A name as JSON, and the header of this name that was written last. */
interface WrittenName {
  readonly json: string;
  value: Uint8Array | null;
  header: string;
}

const writtenNames = new Map<string, WrittenName>();

/** Names repeat from event to event, and so do the very bytes of what most of them have alike. */
function jsonOfHeader(header: Header): string {
  const name = header[0];
  const value = header[1];
  let written = writtenNames.get(name);
  if (written === undefined) {
    if (writtenNames.size >= namesKept) writtenNames.clear();
    const json = JSON.stringify(name);
    written = { json, value: null, header: `[${json},null]` };
    writtenNames.set(name, written);
  }
  if (written.value !== value) {
    written.value = value;
    written.header = `[${written.json},${jsonOfValue(value)}]`;
  }
  return written.header;
}

function jsonOfValue(value: Uint8Array | null): string {
  if (value === null) return "null";
  if (isPlain(value)) return `"${Buffer.prototype.latin1Slice.call(value, 0, value.length)}"`;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return JSON.stringify(isUtf8(bytes) ? bytes.toString("utf8") : { base64: bytes.toString("base64") });
}

/** Whether it is text that JSON writes as it stands: ASCII without quotes, backslashes and control characters. */
function isPlain(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] as number;
    if (byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c) return false;
  }
  return true;
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
  if (typeof value === "string") return bytesOfText(name, value);
  const { base64 } = value as { base64?: unknown };
  if (typeof base64 === "string") return Buffer.from(base64, "base64");
  throw new TypeError(`the value of header "${name}" must be a text, null or { "base64": … }, not ${JSON.stringify(value)}`);
}

const lastValues = new Map<string, { readonly text: string; readonly bytes: Uint8Array }>();

/** Source, type and the like are the same for most events: their bytes are made once. */
function bytesOfText(name: string, text: string): Uint8Array {
  const last = lastValues.get(name);
  if (last?.text === text) return last.bytes;
  const bytes = Buffer.from(text, "utf8");
  if (lastValues.size >= namesKept) lastValues.clear();
  lastValues.set(name, { text, bytes });
  return bytes;
}
