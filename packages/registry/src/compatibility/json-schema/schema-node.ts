import { isNumber, type Numeric } from "./numbers.ts";

/** The types of JSON values; an integer is a number. */
export type JsonType = "null" | "boolean" | "number" | "string" | "array" | "object";

export const jsonTypes: readonly JsonType[] = ["null", "boolean", "number", "string", "array", "object"];

/** A bound of numbers. */
export interface Bound {
  readonly value: Numeric;
  readonly isExclusive: boolean;
}

export interface Contained {
  readonly schema: SchemaNode;
  readonly min: number;
  /** `Infinity` without a limit. */
  readonly max: number;
}

export interface Conditional {
  readonly if: SchemaNode;
  readonly then: SchemaNode;
  readonly else: SchemaNode;
}

/**
 * One schema, in the words of one draft whichever it was written in. What is absent restricts nothing. `reference` is followed when it is
 * asked for, so that schemas may refer to themselves.
 */
export interface SchemaNode {
  readonly id: number;
  /** JSON pointer of its place in the schema that was given; with the name of the document in front for a referenced one. */
  readonly pointer: string;
  /** A `true` or `false` schema. */
  readonly always: boolean | null;
  readonly types: ReadonlySet<JsonType> | null;
  readonly isInteger: boolean;
  readonly values: readonly unknown[] | null;
  readonly minimum: Bound | null;
  readonly maximum: Bound | null;
  readonly multipleOf: Numeric | null;
  readonly minLength: number;
  readonly maxLength: number;
  readonly pattern: string | null;
  /** Of strings: `format`, `contentEncoding` and `contentMediaType`, by keyword. */
  readonly texts: ReadonlyMap<string, string>;
  readonly prefixItems: readonly SchemaNode[];
  readonly items: SchemaNode | null;
  readonly minItems: number;
  readonly maxItems: number;
  readonly uniqueItems: boolean;
  readonly contains: Contained | null;
  readonly properties: ReadonlyMap<string, SchemaNode>;
  readonly patternProperties: ReadonlyMap<string, SchemaNode>;
  readonly additionalProperties: SchemaNode | null;
  /** What becomes of properties that nobody speaks of; null where it says nothing, or its draft does not have the keyword. */
  readonly unevaluatedProperties: "refused" | "taken" | null;
  readonly propertyNames: SchemaNode | null;
  readonly minProperties: number;
  readonly maxProperties: number;
  readonly required: ReadonlySet<string>;
  readonly dependentRequired: ReadonlyMap<string, ReadonlySet<string>>;
  readonly dependentSchemas: ReadonlyMap<string, SchemaNode>;
  readonly allOf: readonly SchemaNode[];
  readonly anyOf: readonly SchemaNode[] | null;
  readonly oneOf: readonly SchemaNode[] | null;
  readonly not: SchemaNode | null;
  readonly conditional: Conditional | null;
  readonly reference: (() => SchemaNode) | null;
  /**
   * Keywords of which nothing is concluded but that they are the same, and what they say: those that look at what others have looked at.
   * Null where it cannot be told what that is, and so neither that it is the same.
   */
  readonly opaque: ReadonlyMap<string, SchemaNode | null>;
}

export const unrestricted: Omit<SchemaNode, "id" | "pointer"> = {
  always: null,
  types: null,
  isInteger: false,
  values: null,
  minimum: null,
  maximum: null,
  multipleOf: null,
  minLength: 0,
  maxLength: Number.POSITIVE_INFINITY,
  pattern: null,
  texts: new Map(),
  prefixItems: [],
  items: null,
  minItems: 0,
  maxItems: Number.POSITIVE_INFINITY,
  uniqueItems: false,
  contains: null,
  properties: new Map(),
  patternProperties: new Map(),
  additionalProperties: null,
  unevaluatedProperties: null,
  propertyNames: null,
  minProperties: 0,
  maxProperties: Number.POSITIVE_INFINITY,
  required: new Set(),
  dependentRequired: new Map(),
  dependentSchemas: new Map(),
  allOf: [],
  anyOf: null,
  oneOf: null,
  not: null,
  conditional: null,
  reference: null,
  opaque: new Map(),
};

let made = 0;

/** A node that stands in no document. */
export function madeNode(parts: Partial<SchemaNode>): SchemaNode {
  return { ...unrestricted, ...parts, id: ++made, pointer: "" };
}

export const nextNodeId = (): number => ++made;

export const anything = madeNode({ always: true });
export const nothing = madeNode({ always: false });
const typed = new Map(jsonTypes.map((type) => [type, madeNode({ types: new Set([type]) })]));

export function ofType(type: JsonType): SchemaNode {
  return typed.get(type) as SchemaNode;
}

export function typeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return isNumber(value) ? "number" : (typeof value as JsonType);
}
