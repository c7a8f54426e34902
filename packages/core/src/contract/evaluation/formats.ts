import { fullFormats } from "ajv-formats/dist/formats.js";
import { isDateTime } from "../date-time-format.ts";

/** The formats that are checked, as Ajv knows them. */
export const formats = { ...fullFormats, "date-time": isDateTime };

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
