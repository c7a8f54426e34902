/** A JSON Schema, draft 2020-12 unless its `$schema` says draft-07. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** A JSON Schema that TypeScript knows the data's type of. */
export interface JsonSchemaOf<Data> extends JsonSchema {
  /** Exists for TypeScript only. */
  readonly "~data": Data;
}

/**
 * Gives a plain JSON Schema the type of its data. Nothing checks that the two agree.
 * @example
 *   data: jsonSchema<{ order_id: string; total: number }>({
 *     type: "object",
 *     properties: { order_id: { type: "string" }, total: { type: "integer" } },
 *     required: ["order_id", "total"],
 *   })
 */
export function jsonSchema<Data>(schema: JsonSchema): JsonSchemaOf<Data> {
  return schema as JsonSchemaOf<Data>;
}
