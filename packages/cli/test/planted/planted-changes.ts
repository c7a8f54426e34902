import type { JsonSchema } from "throughline";
import type { Seeded } from "./seeded.ts";

/** What can be changed of a contract besides its schema. */
export interface PlantedFacts {
  readonly version: number;
  readonly stream: string;
  readonly subject: string;
  readonly tenant: string | null;
  readonly compacted: boolean;
}

export interface Planted {
  /** Null: nothing is published any more. */
  readonly schema: JsonSchema | null;
  readonly facts: PlantedFacts;
  readonly what: string;
}

type Mutable = Record<string, unknown> & {
  properties?: Record<string, Mutable>;
  required?: string[];
  items?: Mutable;
  oneOf?: Mutable[];
  anyOf?: Mutable[];
};
type SchemaChange = (root: Mutable, random: Seeded) => string | null;

/** Every object of a schema that names properties. */
function objectsOf(schema: Mutable): Mutable[] {
  const below = [...Object.values(schema.properties ?? {}), ...(schema.items ? [schema.items] : []), ...choiceOf(schema)];
  return [...(schema.properties === undefined ? [] : [schema]), ...below.flatMap(objectsOf)];
}

const choiceOf = ({ oneOf, anyOf }: Mutable): Mutable[] => oneOf ?? anyOf ?? [];

const isFixed = (name: string): boolean => ["id", "other_id", "tenant_id", "kind"].includes(name);

/** One of all properties, with the object that it stands in. */
function property(root: Mutable, random: Seeded, fits: (schema: Mutable) => boolean = () => true) {
  const found = objectsOf(root).flatMap((object) =>
    Object.entries(object.properties!)
      .filter(([name, schema]) => !isFixed(name) && fits(schema))
      .map(([name, schema]) => ({ object, name, schema })),
  );
  return found.length === 0 ? null : random.one(found);
}

/** Changes a property that fits; answers what was done. */
const change =
  (fits: (schema: Mutable) => boolean, to: (schema: Mutable) => void, what: string): SchemaChange =>
  (root, random) => {
    const found = property(root, random, fits);
    if (found === null) return null;
    to(found.schema);
    return `${found.name} ${what}`;
  };

const has =
  (keyword: string) =>
  (schema: Mutable): boolean =>
    schema[keyword] !== undefined;
const isOf =
  (type: string) =>
  (schema: Mutable): boolean =>
    schema["type"] === type && schema["enum"] === undefined;

const schemaChanges: readonly SchemaChange[] = [
  (root, random) => {
    random.one(objectsOf(root)).properties!["added"] = { type: "string" };
    return "an optional property is added";
  },
  (root, random) => {
    const object = random.one(objectsOf(root));
    object.properties!["added"] = { type: "integer" };
    object.required = [...new Set([...(object.required ?? []), "added"])];
    return "a required property is added";
  },
  (root, random) => {
    const type = random.one(["string", "integer"]);
    root.properties!["note_x"] = { type };
    return `note_x is added, of type ${type}`;
  },
  (root, random) => {
    const found = property(root, random);
    if (found === null) return null;
    delete found.object.properties![found.name];
    found.object.required = found.object.required?.filter((name) => name !== found.name) ?? [];
    return `${found.name} is removed`;
  },
  (root, random) => {
    const found = property(root, random);
    if (found === null) return null;
    found.object.properties![`${found.name}_new`] = found.schema;
    delete found.object.properties![found.name];
    found.object.required = found.object.required?.map((name) => (name === found.name ? `${name}_new` : name)) ?? [];
    return `${found.name} is renamed`;
  },
  (root, random) => {
    const found = property(root, random);
    if (found === null || found.object.required?.includes(found.name) !== true) return null;
    found.object.required = found.object.required.filter((name) => name !== found.name);
    return `${found.name} is optional`;
  },
  (root, random) => {
    const found = property(root, random);
    if (found === null || found.object.required?.includes(found.name) === true) return null;
    found.object.required = [...(found.object.required ?? []), found.name];
    return `${found.name} is required`;
  },
  change(isOf("integer"), (schema) => (schema["type"] = "number"), "takes fractions"),
  change(isOf("number"), (schema) => (schema["type"] = "integer"), "is whole"),
  change(isOf("string"), (schema) => (schema["type"] = ["string", "null"]), "may be null"),
  change(isOf("integer"), (schema) => (schema["type"] = "string"), "is a string"),
  change(
    (schema) => Array.isArray(schema["type"]),
    (schema) => (schema["type"] = "string"),
    "is never null",
  ),
  change(has("enum"), (schema) => (schema["enum"] = [...(schema["enum"] as string[]), "new"]), "takes one more value"),
  change(
    (schema) => ((schema["enum"] as string[] | undefined)?.length ?? 0) > 1,
    (schema) => (schema["enum"] = (schema["enum"] as string[]).slice(1)),
    "takes one value less",
  ),
  change(has("enum"), (schema) => (delete schema["enum"], (schema["type"] = "string")), "takes any text"),
  change(has("maximum"), (schema) => (schema["maximum"] = (schema["maximum"] as number) * 2), "has a higher maximum"),
  change(has("maximum"), (schema) => (schema["maximum"] = (schema["maximum"] as number) - 1), "has a lower maximum"),
  change(has("minimum"), (schema) => (schema["minimum"] = (schema["minimum"] as number) - 1), "has a lower minimum"),
  change(has("minimum"), (schema) => delete schema["minimum"], "has no minimum"),
  change(has("minLength"), (schema) => (schema["minLength"] = 0), "may be empty"),
  change(has("maxLength"), (schema) => (schema["maxLength"] = 50), "may be longer"),
  change(has("maxLength"), (schema) => (schema["maxLength"] = 30), "must be shorter"),
  change(has("pattern"), (schema) => delete schema["pattern"], "has no pattern"),
  change(has("format"), (schema) => delete schema["format"], "is no time"),
  change(has("uniqueItems"), (schema) => delete schema["uniqueItems"], "may hold an item twice"),
  change(has("minItems"), (schema) => delete schema["minItems"], "may be empty"),
  change(has("maxItems"), (schema) => (schema["maxItems"] = 6), "may hold more"),
  change(has("maxItems"), (schema) => (schema["maxItems"] = 3), "holds less"),
  change(has("items"), (schema) => (schema["items"] = { type: ["string", "null"] }), "holds something else"),
  change(
    (schema) => schema["additionalProperties"] !== undefined,
    (schema) => (schema["additionalProperties"] = { type: "number" }),
    "counts in fractions",
  ),
  change(
    (schema) => choiceOf(schema).length > 0,
    (schema) => choiceOf(schema).push({ type: "object", properties: { kind: { const: "cash" } }, required: ["kind"] }),
    "has one more branch",
  ),
  change(
    (schema) => choiceOf(schema).length > 1,
    (schema) => choiceOf(schema).pop(),
    "has one branch less",
  ),
  (root) => {
    root["additionalProperties"] = true;
    return "any other property may be there";
  },
  (root) => {
    root["title"] = "The same in other words";
    return "a title is added";
  },
];

type FactsChange = (facts: PlantedFacts) => { facts: PlantedFacts; what: string };
const factsChanges: readonly FactsChange[] = [
  (facts) => ({ facts: { ...facts, version: facts.version + 1 }, what: "a new version" }),
  (facts) => ({ facts: { ...facts, version: 1 }, what: "version 1" }),
  (facts) => ({ facts: { ...facts, stream: `${facts.stream}-next` }, what: "another stream" }),
  (facts) => ({ facts: { ...facts, subject: "other_id" }, what: "another subject" }),
  (facts) => ({ facts: { ...facts, tenant: facts.tenant === null ? "tenant_id" : null }, what: "a tenant more or less" }),
  (facts) => ({ facts: { ...facts, compacted: true }, what: "a compacted stream" }),
];

/** One to three changes of a contract. */
export function plantedChange(schema: JsonSchema, facts: PlantedFacts, random: Seeded): Planted {
  const drawn = random.next();
  if (drawn < 0.03) return { schema: null, facts, what: "it is removed" };
  if (drawn < 0.2) return { schema, ...random.one(factsChanges)(facts) };
  const next = structuredClone(schema) as Mutable;
  const done: string[] = [];
  for (const count = random.one([1, 1, 2, 3]); done.length < count;) {
    const what = random.one(schemaChanges)(next, random);
    if (what !== null) done.push(what);
  }
  return { schema: next, facts, what: done.join("; ") };
}
