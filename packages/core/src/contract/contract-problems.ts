import type { Encoding } from "../seams/encoding.ts";
import type { JsonSchema } from "./json-schema.ts";
import { pathSegments } from "./personal-paths.ts";
import type { Problem } from "./problem.ts";
import type { SchemaDocument } from "./schema-document.ts";
import { isSchema } from "./schema-structure.ts";

const TYPE = /^[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)+$/;
const STREAM = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;
const RESERVED_STREAM = /^throughline\.|\.(?:dlt|redrive)$/;
const MAX_TYPE_LENGTH = 200;

export interface ContractNames {
  readonly type: unknown;
  readonly version: unknown;
  readonly stream: unknown;
  readonly upcast: object;
}

/** What is wrong with a definition besides its schema. */
export function problemsOfNames({ type, version, stream, upcast }: ContractNames): Problem[] {
  const problems: Problem[] = [];
  if (typeof type !== "string" || type.length > MAX_TYPE_LENGTH || !TYPE.test(type)) {
    problems.push({
      pointer: "/type",
      message: `must be dot-separated words such as "order.completed", at most ${MAX_TYPE_LENGTH} characters, but is ${JSON.stringify(type)}`,
    });
  }
  const isVersion = Number.isSafeInteger(version) && (version as number) >= 1;
  if (!isVersion)
    problems.push({ pointer: "/version", message: `must be an integer of at least 1, but is ${JSON.stringify(version)}` });
  if (stream !== undefined && (typeof stream !== "string" || !STREAM.test(stream))) {
    problems.push({
      pointer: "/stream",
      message: `must be a topic's name (letters, digits, ".", "_" and "-", at most 249), but is ${JSON.stringify(stream)}`,
    });
  } else if (stream !== undefined && RESERVED_STREAM.test(stream)) {
    problems.push({ pointer: "/stream", message: `must not be "${stream}", for that names a topic of Throughline's own` });
  }
  for (const from of Object.keys(upcast)) {
    if (isVersion && !(/^[1-9]\d*$/.test(from) && Number(from) < (version as number))) {
      problems.push({
        pointer: `/upcast/${from}`,
        message: `lifts no older version: the keys are versions from 1 to ${(version as number) - 1}`,
      });
    }
  }
  return problems;
}

const leastOfTopic = { partitions: 1, replicas: 1, retentionMs: 0, retentionBytes: 0 };

/** What is wrong with what a definition says of its topic. */
export function problemsOfTopic(topic: object): Problem[] {
  return Object.entries(topic).flatMap(([option, value]): Problem[] => {
    const pointer = `/topic/${option}`;
    const least = (leastOfTopic as Record<string, number>)[option];
    if (least === undefined)
      return [{ pointer, message: `is no option of a topic; there are ${Object.keys(leastOfTopic).join(", ")}` }];
    if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= least)) return [];
    return [{ pointer, message: `must be a whole number of at least ${least}, but is ${JSON.stringify(value)}` }];
  });
}

/** What is wrong with how its data is to be written. */
export function problemsOfEncoding(encoding: unknown): Problem[] {
  if (encoding === null) return [];
  const { encode, decode, problems } = encoding as Partial<Encoding>;
  if (typeof encode !== "function" || typeof decode !== "function")
    return [{ pointer: "/encoding", message: "must be made by avro or protobuf of @throughline/registry" }];
  return (problems ?? []).map(({ pointer, message }) => ({ pointer: `/encoding${pointer}`, message }));
}

/** What is wrong with the properties that a definition names. */
export function problemsOfProperties(
  document: SchemaDocument,
  { subject, tenant, personal }: { readonly subject: unknown; readonly tenant: unknown; readonly personal: readonly string[] },
): Problem[] {
  const problems = problemsOfId(document, "subject", subject, true);
  if (tenant !== null) problems.push(...problemsOfId(document, "tenant", tenant, false));
  const ids = new Map([
    [subject, "the subject"],
    [tenant, "the tenant"],
  ]);
  for (const [index, path] of personal.entries()) {
    const [only, ...rest] = pathSegments(path);
    const use = rest.length === 0 ? ids.get(only) : undefined;
    if (use !== undefined) {
      const message = `cannot be ${JSON.stringify(path)}, for that is ${use}, and stands in headers, receipts and log lines; use an id that tells nothing`;
      problems.push({ pointer: `/personal/${index}`, message });
    }
    if (!hasPath(document, document.root, pathSegments(path))) {
      problems.push({ pointer: `/personal/${index}`, message: `names no property of the data: ${JSON.stringify(path)}` });
    }
  }
  return problems;
}

function problemsOfId(document: SchemaDocument, option: string, name: unknown, isRequired: boolean): Problem[] {
  const pointer = `/${option}`;
  if (typeof name !== "string")
    return [{ pointer, message: `must be the name of a property of the data, but is ${JSON.stringify(name)}` }];
  if (propertiesOf(document, document.root, name).length === 0)
    return [{ pointer, message: `must be a property of the data, and there is no ${JSON.stringify(name)}` }];
  const isId = document.always(document.root, (schema) =>
    propertyIn(schema, name).some((property) => document.always(property, isRequired ? isIdSchema : isOptionalIdSchema)),
  );
  if (!isId) return [{ pointer, message: `must be a string or an integer, and ${JSON.stringify(name)} may be something else` }];
  const isAlwaysThere = document.always(document.root, ({ required }) => Array.isArray(required) && required.includes(name));
  return isRequired && !isAlwaysThere
    ? [{ pointer, message: `must be a required property, and ${JSON.stringify(name)} may be missing` }]
    : [];
}

function isIdSchema({ type, const: only, enum: some }: JsonSchema): boolean {
  if (only !== undefined) return isId(only);
  if (Array.isArray(some)) return some.every(isId);
  return (Array.isArray(type) ? (type as unknown[]) : [type]).every((name) => name === "string" || name === "integer");
}

function isOptionalIdSchema(schema: JsonSchema): boolean {
  if (schema["type"] === "null" || schema["const"] === null) return true;
  const { type } = schema;
  return isIdSchema(Array.isArray(type) ? { ...schema, type: (type as unknown[]).filter((name) => name !== "null") } : schema);
}

function isId(value: unknown): boolean {
  return typeof value === "string" || Number.isInteger(value);
}

function propertyIn({ properties }: JsonSchema, name: string): JsonSchema[] {
  const property = isSchema(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
  return isSchema(property) ? [property] : [];
}

/** The schemas of a property, wherever one of the parts of a composed schema has them. */
function propertiesOf(document: SchemaDocument, schema: JsonSchema, name: string): JsonSchema[] {
  return [...document.sameValue(schema)].flatMap((part) => propertyIn(part, name));
}

function hasPath(document: SchemaDocument, schema: JsonSchema, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return true;
  const parts = [...document.sameValue(schema)];
  const items = parts.flatMap(({ items: all, prefixItems: first }) => [all, first].flat().filter(isSchema));
  return (
    items.some((item) => hasPath(document, item, [name, ...rest])) ||
    propertiesOf(document, schema, name).some((property) => hasPath(document, property, rest))
  );
}
