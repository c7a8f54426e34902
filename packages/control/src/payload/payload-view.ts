import type { LogRecord } from "throughline/seams";
import { maskJson, pathSegments } from "./mask-json.ts";
import { isRead, type ReadData, type WrittenData } from "./written-data.ts";

/** A record's value, as somebody may see it. */
export interface PayloadView {
  /** `hidden`: nobody knows which part of it is personal, or it cannot be masked. */
  readonly kind: "json" | "text" | "binary" | "none" | "hidden";
  readonly contentType: string | null;
  readonly bytes: number;
  /** Where the data is in Avro or Protobuf: what it was written with, by which `text` was read from its bytes. */
  readonly writtenAs: { readonly schemaType: ReadData["schemaType"] | null; readonly schemaId: number } | null;
  /** JSON and other text: as it stands in the log where nothing is masked, so that no number loses a digit. */
  readonly text: string | null;
  readonly base64: string | null;
  /** The first bytes of what is no text, as `xxd` shows them. */
  readonly hex: string | null;
  /** Only the beginning of it is here: the payload's own address gives all of it. */
  readonly isCut: boolean;
  /** The places of personal values, as JSON pointers. */
  readonly masked: readonly string[];
  /** Why something is not shown. */
  readonly note: string | null;
}

export interface PayloadTerms {
  /** The paths of what is personal; null: nobody knows. */
  readonly personal: readonly string[] | null;
  /** Whoever asks may see all of it, and wants to. */
  readonly unmasked: boolean;
  /** The data, where it is in the wire format of a schema registry. */
  readonly written?: WrittenData | null;
  /** A contract that tells what is personal announces the very schema that it was written with, so that its fields are called the same. */
  readonly isAnnounced?: boolean;
}

const mostText = 256 * 1024;
const mostBinary = 64 * 1024;
const hexBytes = 256;

const nothing = { writtenAs: null, text: null, base64: null, hex: null, isCut: false, masked: [], note: null };

export function payloadView(record: Pick<LogRecord, "value" | "headers">, terms: PayloadTerms): PayloadView {
  const contentType = contentTypeOf(record);
  if (record.value === null) return { ...nothing, kind: "none", contentType, bytes: 0, note: "a tombstone: no value" };
  const value = Buffer.from(record.value);
  const { personal, unmasked, written = null } = terms;
  const about = { ...nothing, contentType, bytes: value.byteLength, writtenAs: writtenAs(written) };
  const isOpen = unmasked || personal?.length === 0;
  if (personal === null && !isOpen)
    return { ...about, kind: "hidden", note: "no contract that is known says which part of it is personal" };
  if (isRead(written)) return writtenView(about, written, isOpen ? [] : personal!, terms.isAnnounced === true);
  const text = textOf(value);
  if (written !== null && isOpen) return { ...binaryView(about, value), note: `its data is shown as bytes: ${written.why}` };
  if (text === null) return isOpen ? binaryView(about, value) : hidden(about, "it is no text, and parts of it are personal");
  if (isOpen) return { ...about, ...cut(text), kind: isJson(text) ? "json" : "text" };
  try {
    const within = isStructured(contentType) ? ["data"] : [];
    const found = maskJson(text, personal!, within);
    if (within.length > 0 && "data_base64" in (JSON.parse(text) as object))
      return hidden(about, "its data is no text, and parts of it are personal");
    // What had nothing to mask stays as it was written.
    return { ...about, ...cut(found.masked.length === 0 ? text : found.text), kind: "json", masked: found.masked };
  } catch {
    return hidden(about, "it is no JSON that can be read, and parts of it are personal");
  }
}

const writtenAs = (written: WrittenData | null): PayloadView["writtenAs"] =>
  written === null || written.schemaId === null
    ? null
    : { schemaType: isRead(written) ? written.schemaType : null, schemaId: written.schemaId };

/**
 * Data that was read from Avro or Protobuf. Another version of its schema may have called a personal field otherwise: unless the schema is
 * one that was announced, each of them must be found, or nothing is shown.
 */
function writtenView(
  about: Omit<PayloadView, "kind">,
  data: ReadData,
  personal: readonly string[],
  isAnnounced: boolean,
): PayloadView {
  if (personal.length === 0) return { ...about, ...cut(data.text), kind: "json" };
  const { text, masked } = maskJson(data.text, personal);
  const isFound = (path: string): boolean => {
    const names = pathSegments(path).join("/");
    return masked.some(
      (pointer) =>
        pathSegments(pointer)
          .filter((name) => !/^\d+$/.test(name))
          .join("/") === names,
    );
  };
  if (!isAnnounced && !personal.every(isFound))
    return hidden(about, `it was written with schema ${data.schemaId}, which nobody announced, and parts of it are personal`);
  return { ...about, ...cut(text), kind: "json", masked };
}

const hidden = (about: Omit<PayloadView, "kind">, note: string): PayloadView => ({ ...about, kind: "hidden", note });

function binaryView(about: Omit<PayloadView, "kind">, value: Buffer): PayloadView {
  return {
    ...about,
    kind: "binary",
    base64: value.subarray(0, mostBinary).toString("base64"),
    hex: hexDump(value.subarray(0, hexBytes)),
    isCut: value.byteLength > mostBinary,
  };
}

const cut = (text: string): { text: string; isCut: boolean } => ({
  text: text.slice(0, mostText),
  isCut: text.length > mostText,
});

/** Null for bytes that are no UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes).toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) && !text.includes("\0") ? text : null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export const contentTypeOf = ({ headers }: Pick<LogRecord, "headers">): string | null => {
  const found = headers.findLast(([name]) => name.toLowerCase() === "content-type")?.[1];
  return found === undefined || found === null ? null : Buffer.from(found).toString();
};

const isStructured = (contentType: string | null): boolean => /^application\/cloudevents(?:\+json)?\b/i.test(contentType ?? "");

/** Offset, sixteen bytes, and what of them is ASCII. */
function hexDump(bytes: Buffer): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.byteLength; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const digits = row.toString("hex").replaceAll(/../g, "$& ").trimEnd();
    const ascii = row.toString("latin1").replaceAll(/[^\u0020-\u007e]/g, ".");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${digits.padEnd(47)}  ${ascii}`);
  }
  return lines.join("\n");
}

export interface BytesView {
  /** Null where it is no text. */
  readonly text: string | null;
  readonly base64: string | null;
}

/** A key or a header's value. */
export function bytesView(bytes: Uint8Array | null): BytesView | null {
  if (bytes === null) return null;
  const text = textOf(bytes);
  return text === null ? { text: null, base64: Buffer.from(bytes).toString("base64") } : { text, base64: null };
}

const saidOfEvents = /^(?:ce_.*|content-type|traceparent|tracestate)$/i;

/** @param areKnown Somebody knows what in the record is personal, or whoever asks may see all: else only what events say of themselves. */
export const headersView = (headers: LogRecord["headers"], areKnown: boolean) =>
  headers.map(([name, value]) => {
    const isHidden = !areKnown && !saidOfEvents.test(name);
    return { name, value: isHidden ? null : bytesView(value), isHidden };
  });
