import type { JsonSchema } from "throughline";
import { palette } from "./planted-contracts.ts";
import type { Seeded } from "./seeded.ts";

/** Strings for the patterns that the planted contracts use. */
const matching: Readonly<Record<string, readonly string[]>> = {
  "^[A-Z]{3}$": ["EUR", "USD", "ABC"],
  "^[a-z-]+$": ["a", "abc-d"],
};
const anyStrings = [
  "",
  "x",
  "EUR",
  "open",
  "new",
  "some text",
  "2026-01-31T12:00:00Z",
  "a-string-that-is-longer-than-forty-characters-by-far",
];
const dates = ["2026-01-31T12:00:00Z", "2020-02-29T23:59:59.5+02:00"];
/** Where others may be there: names that readers may know, and some that they do not. */
const strangers = ["note_x", "zone_y", ...Object.keys(palette), "added"];

/**
 * Data that a schema may describe, drawn so that what is at the edge comes often: bounds, each value, each branch, what may be missing. Not
 * all of it need be valid; whoever uses it asks the contract.
 */
export function sampleData(schema: unknown, random: Seeded): unknown {
  if (typeof schema === "boolean" || schema === undefined) return random.one<unknown>([null, 1, "x", {}, [], true]);
  const said = schema as JsonSchema;
  if (said["const"] !== undefined) return said["const"];
  if (Array.isArray(said["enum"])) return random.one(said["enum"] as unknown[]);
  const choices = (said["oneOf"] ?? said["anyOf"]) as JsonSchema[] | undefined;
  if (choices !== undefined) return sampleData(random.one(choices), random);
  const { type } = said;
  switch (Array.isArray(type) ? random.one(type as string[]) : type) {
    case "null":
      return null;
    case "boolean":
      return random.chance(0.5);
    case "integer":
      return sampleNumber(said, random, true);
    case "number":
      return sampleNumber(said, random, false);
    case "string":
      return sampleString(said, random);
    case "array":
      return sampleList(said, random);
    case "object":
      return sampleObject(said, random);
    default:
      return sampleData(true, random);
  }
}

function sampleNumber({ minimum, maximum }: JsonSchema, random: Seeded, isWhole: boolean): number {
  const least = typeof minimum === "number" ? minimum : -1_000_000;
  const most = typeof maximum === "number" ? maximum : 1_000_000;
  const drawn = random.one([
    least,
    most,
    Math.min(most, least + 1),
    Math.max(least, most - 1),
    least + random.next() * (most - least),
  ]);
  if (isWhole) return Math.round(drawn);
  return random.chance(0.5) ? Math.min(most, Math.max(least, drawn + 0.25)) : drawn;
}

function sampleString({ minLength, maxLength, pattern, format }: JsonSchema, random: Seeded): string {
  if (format === "date-time") return random.one(dates);
  if (typeof pattern === "string") return random.one(matching[pattern] ?? anyStrings);
  const least = typeof minLength === "number" ? minLength : 0;
  const most = typeof maxLength === "number" ? maxLength : 60;
  if (least === 0 && most === 60) return random.one(anyStrings);
  return "y".repeat(random.one([least, most, Math.min(most, least + 1)]));
}

function sampleList({ items, minItems, maxItems, uniqueItems }: JsonSchema, random: Seeded): unknown[] {
  const least = typeof minItems === "number" ? minItems : 0;
  const most = typeof maxItems === "number" ? maxItems : 7;
  const length = random.one([least, most, Math.min(most, least + 1), Math.min(most, 2)]);
  const drawn = Array.from({ length: uniqueItems === true ? length * 4 : length }, () => sampleData(items, random));
  if (uniqueItems === true) return [...new Map(drawn.map((each) => [JSON.stringify(each), each])).values()].slice(0, length);
  return length > 1 && random.chance(0.5) ? drawn.map(() => drawn[0]) : drawn;
}

function sampleObject(schema: JsonSchema, random: Seeded): Record<string, unknown> {
  const {
    properties = {},
    required = [],
    additionalProperties,
  } = schema as {
    properties?: Record<string, unknown>;
    required?: string[];
    additionalProperties?: unknown;
  };
  const drawn = Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => required.includes(name) || random.chance(0.6))
      .map(([name, inner]) => [name, sampleData(inner, random)]),
  );
  if (additionalProperties !== undefined && additionalProperties !== false)
    for (const name of strangers)
      if (!Object.hasOwn(properties, name) && random.chance(0.2)) drawn[name] = sampleData(additionalProperties, random);
  return drawn;
}
