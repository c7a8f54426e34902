import type { ErrorObject } from "ajv";

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  integer: "an integer",
  boolean: "true or false",
  array: "an array",
  object: "an object",
  null: "null",
};

/**
 * What an error of Ajv says, as a sentence that goes on from the place it is about: `must be an integer, but is "12"`.
 * @param isPublic Whether the sentence may quote the value.
 */
export function sentenceOf({ keyword, params, data, message }: ErrorObject, isPublic: boolean): string {
  const but = `, but is ${isPublic ? quoted(data) : describe(data)}`;
  // What each keyword has in its params is a number or a string, where a sentence below asks for it.
  const p = params as Readonly<Record<string, string | number>>;
  switch (keyword) {
    case "type":
      return `must be ${typesOf(params["type"])}${but}`;
    case "required":
      return "is missing";
    case "dependentRequired":
    case "dependencies":
      return `is missing; it belongs to "${p["property"]}"`;
    case "additionalProperties":
    case "unevaluatedProperties":
      return "is not in the contract";
    case "enum":
      return `must be ${oneOf(params["allowedValues"] as readonly unknown[])}${but}`;
    case "const":
      return `must be ${quoted(params["allowedValue"])}${but}`;
    case "minimum":
      return `must be at least ${p["limit"]}${but}`;
    case "maximum":
      return `must be at most ${p["limit"]}${but}`;
    case "exclusiveMinimum":
      return `must be more than ${p["limit"]}${but}`;
    case "exclusiveMaximum":
      return `must be less than ${p["limit"]}${but}`;
    case "multipleOf":
      return `must be a multiple of ${p["multipleOf"]}${but}`;
    case "minLength":
      return `must have at least ${count(p["limit"], "character")}${but}`;
    case "maxLength":
      return `must have at most ${count(p["limit"], "character")}${but}`;
    case "minItems":
      return `must have at least ${count(p["limit"], "item")}, but has ${sizeOf(data)}`;
    case "maxItems":
      return `must have at most ${count(p["limit"], "item")}, but has ${sizeOf(data)}`;
    case "minProperties":
      return `must have at least ${count(p["limit"], "property")}, but has ${sizeOf(data)}`;
    case "maxProperties":
      return `must have at most ${count(p["limit"], "property")}, but has ${sizeOf(data)}`;
    case "uniqueItems":
      return `must not repeat an item, but items ${p["j"]} and ${p["i"]} are the same`;
    case "pattern":
      return `must match ${p["pattern"]}${but}`;
    case "format":
      return `must be a valid ${p["format"]}${but}`;
    case "propertyNames":
      return isPublic
        ? `must not have a property named ${quoted(params["propertyName"])}`
        : "has a property with a name that is not allowed";
    case "anyOf":
      return `matches none of the alternatives${but}`;
    case "oneOf":
      return Array.isArray(params["passingSchemas"])
        ? `must match one of the alternatives, but matches several${but}`
        : `matches none of the alternatives${but}`;
    default:
      return `${message ?? `breaks "${keyword}"`}${but}`;
  }
}

/** A value as an error shows it: JSON, cut short. */
function quoted(value: unknown): string {
  if (typeof value === "number" || value === undefined) return String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Date) return "a Date";
  try {
    const json = JSON.stringify(value);
    return json.length > 60 ? `${json.slice(0, 59)}…` : json;
  } catch {
    return describe(value);
  }
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return TYPE_NAMES[typeof value] ?? `a ${typeof value}`;
}

function typesOf(type: unknown): string {
  const types = Array.isArray(type) ? [...new Set(type as string[])] : [String(type)];
  return listed(types.map((name) => TYPE_NAMES[name] ?? name));
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? quoted(values[0]) : `one of ${listed(values.map(quoted))}`;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function count(number: string | number | undefined, noun: string): string {
  return `${number} ${number === 1 ? noun : noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;
}

/** A property that is undefined is none. */
function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return Array.isArray(value) ? value.length : Object.values(value).filter((each) => each !== undefined).length;
}
