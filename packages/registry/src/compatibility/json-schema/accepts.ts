import { fullFormats } from "ajv-formats/dist/formats.js";
import { compareNumbers, isMultiple, isNumber, isWhole, type Numeric } from "./numbers.ts";
import { isOneOf, isSame } from "../json-values.ts";
import { matcherOf } from "./linear-regex.ts";
import { type Bound, type SchemaNode, typeOf } from "./schema-node.ts";

/** Whether a schema accepts one value; null where that depends on keywords that are not understood here. */
export function accepts(schema: SchemaNode, value: unknown): boolean | null {
  if (schema.always !== null) return schema.always;
  return every(checksOf(schema, value));
}

function* checksOf(schema: SchemaNode, value: unknown): Generator<boolean | null> {
  const type = typeOf(value);
  if (schema.types !== null) yield schema.types.has(type);
  if (schema.values !== null) yield isOneOf(schema.values, value);
  if (isNumber(value)) yield* numberChecks(schema, value);
  if (typeof value === "string") yield* stringChecks(schema, value);
  if (Array.isArray(value)) yield* arrayChecks(schema, value);
  if (type === "object") yield* objectChecks(schema, value as Readonly<Record<string, unknown>>);
  if (schema.reference !== null) yield accepts(schema.reference(), value);
  for (const each of schema.allOf) yield accepts(each, value);
  if (schema.anyOf !== null) yield some(schema.anyOf.map((each) => accepts(each, value)));
  if (schema.oneOf !== null) yield one(schema.oneOf.map((each) => accepts(each, value)));
  if (schema.not !== null) yield opposite(accepts(schema.not, value));
  if (schema.conditional !== null) {
    const holds = accepts(schema.conditional.if, value);
    yield holds === null ? null : accepts(holds ? schema.conditional.then : schema.conditional.else, value);
  }
  if (schema.opaque.size > 0) yield null;
}

function* numberChecks(schema: SchemaNode, value: Numeric): Generator<boolean> {
  if (schema.isInteger) yield isWhole(value);
  if (schema.minimum !== null) yield isWithin(value, schema.minimum, 1);
  if (schema.maximum !== null) yield isWithin(value, schema.maximum, -1);
  if (schema.multipleOf !== null) yield isMultiple(value, schema.multipleOf);
}

/** @param direction 1 for a lower bound, -1 for an upper one. */
function isWithin(value: Numeric, { value: limit, isExclusive }: Bound, direction: 1 | -1): boolean {
  const compared = compareNumbers(value, limit) * direction;
  return compared > 0 || (compared === 0 && !isExclusive);
}

function* stringChecks(schema: SchemaNode, value: string): Generator<boolean | null> {
  const length = [...value].length;
  yield length >= schema.minLength && length <= schema.maxLength;
  if (schema.pattern !== null) yield matches(schema, schema.pattern, value);
  for (const [keyword, name] of schema.texts) yield keyword === "format" ? hasFormat(value, name) : null;
}

function hasFormat(value: string, name: string): boolean | null {
  const format: unknown = (fullFormats as Record<string, unknown>)[name];
  const check = typeof format === "object" && format !== null && "validate" in format ? format.validate : format;
  if (check instanceof RegExp) return check.test(value);
  return typeof check === "function" ? (check as (text: string) => boolean)(value) : null;
}

function* arrayChecks(schema: SchemaNode, value: readonly unknown[]): Generator<boolean | null> {
  yield value.length >= schema.minItems && value.length <= schema.maxItems;
  if (schema.uniqueItems) yield !value.some((each, index) => value.slice(0, index).some((other) => isSame(each, other)));
  for (const [index, each] of value.entries()) {
    const item = schema.prefixItems[index] ?? schema.items;
    if (item !== null) yield accepts(item, each);
  }
  if (schema.contains === null) return;
  const { schema: sought, min, max } = schema.contains;
  const found = value.map((each) => accepts(sought, each));
  const sure = found.filter((each) => each === true).length;
  const possible = sure + found.filter((each) => each === null).length;
  yield possible < min || sure > max ? false : sure >= min && possible <= max ? true : null;
}

function* objectChecks(schema: SchemaNode, value: Readonly<Record<string, unknown>>): Generator<boolean | null> {
  const names = Object.keys(value);
  yield names.length >= schema.minProperties && names.length <= schema.maxProperties;
  for (const name of schema.required) yield Object.hasOwn(value, name);
  for (const name of names) {
    const { sure, possible } = schemasOfProperty(schema, name);
    for (const each of sure) yield accepts(each, value[name]);
    for (const each of possible) yield accepts(each, value[name]) === true ? true : null;
    if (schema.propertyNames !== null) yield accepts(schema.propertyNames, name);
    for (const other of schema.dependentRequired.get(name) ?? []) yield Object.hasOwn(value, other);
    const dependent = schema.dependentSchemas.get(name);
    if (dependent !== undefined) yield accepts(dependent, value);
  }
}

/** What a property of this name must be; and what it may have to be besides, where a pattern is not tried. */
export function schemasOfProperty(
  schema: SchemaNode,
  name: string,
): { readonly sure: SchemaNode[]; readonly possible: SchemaNode[] } {
  const named = schema.properties.get(name);
  const tried = [...schema.patternProperties].map(([pattern, each]) => [matches(schema, pattern, name), each] as const);
  const having = (result: boolean | null) => tried.filter(([isMatch]) => isMatch === result).map(([, each]) => each);
  const [sure, possible] = [[...(named === undefined ? [] : [named]), ...having(true)], having(null)];
  if (sure.length === 0 && schema.additionalProperties !== null)
    (possible.length === 0 ? sure : possible).push(schema.additionalProperties);
  return { sure, possible };
}

function every(checks: Iterable<boolean | null>): boolean | null {
  let result: boolean | null = true;
  for (const check of checks) {
    if (check === false) return false;
    if (check === null) result = null;
  }
  return result;
}

const some = (checks: readonly (boolean | null)[]): boolean | null => opposite(every(checks.map(opposite)));

function one(checks: readonly (boolean | null)[]): boolean | null {
  const sure = checks.filter((check) => check === true).length;
  if (sure > 1) return false;
  return checks.includes(null) ? null : sure === 1;
}

const opposite = (check: boolean | null): boolean | null => (check === null ? null : !check);

/** Of each schema, compiled once: it is asked for each name of a property. */
const compiled = new WeakMap<SchemaNode, Map<string, ReturnType<typeof matcherOf>>>();

function matches(schema: SchemaNode, pattern: string, text: string): boolean | null {
  const known = compiled.get(schema) ?? new Map<string, ReturnType<typeof matcherOf>>();
  compiled.set(schema, known);
  const matcher = known.get(pattern) ?? matcherOf(pattern);
  known.set(pattern, matcher);
  return matcher(text);
}
