import type { JsonSchema } from "throughline";
import type { Seeded } from "./seeded.ts";

type Properties = Record<string, JsonSchema>;

/** Fields as contracts have them, by name. */
export const palette: Properties = {
  total: { type: "integer", minimum: 0, maximum: 100_000 },
  weight: { type: "number", minimum: 0 },
  quantity: { type: "integer", minimum: 1, maximum: 99 },
  note: { type: "string" },
  title: { type: "string", minLength: 1, maxLength: 40 },
  status: { type: "string", enum: ["open", "paid", "shipped"] },
  channel: { enum: ["web", "shop"] },
  currency: { type: "string", pattern: "^[A-Z]{3}$" },
  slug: { type: "string", pattern: "^[a-z-]+$" },
  completed_at: { type: "string", format: "date-time" },
  is_gift: { type: "boolean" },
  referrer: { type: ["string", "null"] },
  tags: { type: "array", items: { type: "string" }, uniqueItems: true, minItems: 1, maxItems: 5 },
  counts: { type: "object", additionalProperties: { type: "integer" } },
  address: {
    type: "object",
    properties: { street: { type: "string" }, city: { type: "string", minLength: 1 }, zip: { type: "string" } },
    required: ["street", "city"],
  },
  lines: {
    type: "array",
    items: {
      type: "object",
      properties: {
        sku: { type: "string" },
        count: { type: "integer", minimum: 1 },
        price: {
          type: "object",
          properties: { cents: { type: "integer", minimum: 0 }, currency: { type: "string", pattern: "^[A-Z]{3}$" } },
          required: ["cents", "currency"],
        },
      },
      required: ["sku", "count", "price"],
    },
  },
  payment: {
    oneOf: [
      {
        type: "object",
        properties: { kind: { const: "card" }, number: { type: "string" }, brand: { enum: ["visa", "amex"] } },
        required: ["kind", "number"],
      },
      {
        type: "object",
        properties: { kind: { const: "bank" }, iban: { type: "string", minLength: 1 } },
        required: ["kind", "iban"],
      },
    ],
  },
};

/** The schema of a contract's data: two ids, and some fields. */
export function plantedSchema(random: Seeded): JsonSchema {
  const names = Object.keys(palette).filter(() => random.chance(0.5));
  const field = (name: string): JsonSchema => {
    const { oneOf, ...schema } = structuredClone(palette[name]) as JsonSchema;
    if (oneOf === undefined) return schema;
    return { ...schema, [random.one(["oneOf", "anyOf"])]: oneOf };
  };
  return {
    type: "object",
    properties: {
      id: { type: "string" },
      other_id: { type: "string" },
      tenant_id: { type: "string" },
      ...Object.fromEntries(names.map((name) => [name, field(name)])),
    },
    required: ["id", "other_id", "tenant_id", ...names.filter(() => random.chance(0.6))],
  };
}

/** What a consumer declares of it: some of the fields, some of them less strictly, and at times one that is not there yet. */
export function plantedReader(schema: JsonSchema, random: Seeded): JsonSchema {
  const read = lessOf(schema, random, 0.45);
  if (random.chance(0.2)) return { ...read, properties: { ...(read["properties"] as object), note_x: { type: "string" } } };
  return read;
}

function lessOf(schema: JsonSchema, random: Seeded, part: number): JsonSchema {
  const { properties, required = [] } = schema as { properties: Properties; required?: string[] };
  const names = Object.keys(properties).filter(() => random.chance(part));
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, looser(properties[name] as JsonSchema, random)])),
    required: names.filter((name) => required.includes(name) && random.chance(0.75)),
  };
}

/** As the publisher says it, or with less asked. */
function looser(schema: JsonSchema, random: Seeded): JsonSchema {
  if (random.chance(0.4)) return structuredClone(schema);
  const { oneOf, anyOf, items, ...rest } = schema as {
    oneOf?: JsonSchema[];
    anyOf?: JsonSchema[];
    items?: JsonSchema;
  } & JsonSchema;
  const choice = oneOf ?? anyOf;
  if (choice !== undefined)
    return random.chance(0.5)
      ? { [random.one(["oneOf", "anyOf"])]: structuredClone(choice) }
      : { type: "object", properties: { kind: { type: "string" } }, required: ["kind"] };
  if (schema["properties"] !== undefined) return lessOf(schema, random, 0.6);
  const kept = Object.fromEntries(
    Object.entries(rest).filter(([keyword]) => ["type", "additionalProperties"].includes(keyword) || random.chance(0.5)),
  );
  return items === undefined ? kept : { ...kept, items: looser(items, random) };
}
