import { fullFormats } from "ajv-formats/dist/formats.js";
import { isDateTime } from "../date-time-format.ts";

/** What RFC 3987 allows beyond ASCII. */
const beyondAscii = /[\u{a0}-\u{d7ff}\u{e000}-\u{fdcf}\u{fdf0}-\u{ffef}\u{10000}-\u{10fffd}]/gu;
const ascii: Readonly<Record<"uri" | "uri-reference" | "email", (text: string) => boolean>> = {
  uri: fullFormats.uri as (text: string) => boolean,
  "uri-reference": (text) => (fullFormats["uri-reference"] as RegExp).test(text),
  email: (text) => (fullFormats.email as RegExp).test(text),
};

/** The formats that are checked, as Ajv knows them, and those beyond ASCII that are another one once they are written in it. */
export const formats = {
  ...fullFormats,
  "date-time": isDateTime,
  iri: (text: string) => ascii.uri(text.replace(beyondAscii, encodeURIComponent)),
  "iri-reference": (text: string) => ascii["uri-reference"](text.replace(beyondAscii, encodeURIComponent)),
  // A letter beyond ASCII may stand wherever a letter may (RFC 6531).
  "idn-email": (text: string) => ascii.email(text.replace(beyondAscii, "a")),
};

export interface Format {
  readonly type: "string" | "number";
  holds(value: unknown): boolean;
}

/** Null for one that nobody here knows: it says nothing. */
export function formatOf(name: string): Format | null {
  const given: unknown = Object.hasOwn(formats, name) ? (formats as Readonly<Record<string, unknown>>)[name] : undefined;
  if (typeof given !== "object" || given === null || given instanceof RegExp) return checked("string", given);
  const { type, validate } = given as { readonly type?: string; readonly validate?: unknown };
  return checked(type === "number" ? "number" : "string", validate);
}

function checked(type: Format["type"], check: unknown): Format | null {
  if (check instanceof RegExp) return { type, holds: (value) => check.test(value as string) };
  return typeof check === "function" ? { type, holds: check as (value: unknown) => boolean } : null;
}
