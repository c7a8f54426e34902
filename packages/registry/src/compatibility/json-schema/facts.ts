import { accepts, schemasOfProperty } from "./accepts.ts";
import { isOneOf } from "../json-values.ts";
import { evaluatedNames } from "./evaluated-names.ts";
import { compareNumbers, isWhole, type Numeric } from "./numbers.ts";
import { type Bound, type Contained, type JsonType, jsonTypes, madeNode, nothing, type SchemaNode } from "./schema-node.ts";

/** One of the ways in which a value may satisfy a choice: it satisfies some schemas, and others it does not. */
export interface Case {
  readonly holds: readonly SchemaNode[];
  readonly fails: readonly SchemaNode[];
}

/** Every value that satisfies the schema that it comes from is one of these cases. */
export interface Choice {
  readonly id: string;
  readonly cases: readonly Case[];
}

/** What is known of a value: the schemas that it satisfies, those that it does not, and the choices that were looked at. */
export class Known {
  readonly holds: ReadonlySet<SchemaNode>;
  readonly fails: ReadonlySet<SchemaNode>;
  readonly chosen: ReadonlySet<string>;
  readonly key: string;
  #facts: Facts | undefined;

  constructor(holds: Iterable<SchemaNode>, fails: Iterable<SchemaNode> = [], chosen: Iterable<string> = []) {
    this.holds = new Set(holds);
    this.fails = new Set(fails);
    this.chosen = new Set(chosen);
    const ids = (nodes: ReadonlySet<SchemaNode>): string =>
      [...nodes]
        .map(({ id }) => id)
        .toSorted((a, b) => a - b)
        .join();
    this.key = `${ids(this.holds)}!${ids(this.fails)}!${[...this.chosen].toSorted().join()}`;
  }

  and(holds: readonly SchemaNode[], fails: readonly SchemaNode[] = []): Known {
    return new Known([...this.holds, ...holds], [...this.fails, ...fails], this.chosen);
  }

  in(choice: Choice, { holds, fails }: Case): Known {
    return new Known([...this.holds, ...holds], [...this.fails, ...fails], [...this.chosen, choice.id]);
  }

  /** Without what fails. */
  get holding(): Known {
    return this.fails.size === 0 ? this : new Known(this.holds, [], this.chosen);
  }

  get facts(): Facts {
    return (this.#facts ??= new Facts(this));
  }
}

/** What follows for a value from what is known, keyword by keyword. */
export class Facts {
  /** The schemas that hold, with what they refer to and all parts of `allOf`. */
  readonly schemas: readonly SchemaNode[];
  /** None: no value satisfies what is known. */
  readonly types: ReadonlySet<JsonType>;
  /** The only values there are; null where they cannot be counted. */
  readonly values: readonly unknown[] | null;
  readonly isInteger: boolean;
  readonly minimum: Bound | null;
  readonly maximum: Bound | null;
  readonly multiples: readonly Numeric[];
  readonly minLength: number;
  readonly maxLength: number;
  readonly patterns: ReadonlySet<string>;
  readonly minItems: number;
  readonly maxItems: number;
  readonly isUnique: boolean;
  readonly contains: readonly Contained[];
  readonly required: ReadonlySet<string>;
  readonly minProperties: number;
  readonly maxProperties: number;
  /** What does not hold, by `not` too. */
  readonly fails: readonly SchemaNode[];
  readonly choices: readonly Choice[];
  readonly #failing: ReadonlySet<SchemaNode>;

  constructor(known: Known) {
    const schemas = flattened(known.holds);
    this.#failing = known.fails;
    this.schemas = schemas;
    this.isInteger =
      schemas.some((each) => each.isInteger) || schemas.some(({ multipleOf }) => multipleOf !== null && isWhole(multipleOf));
    this.minimum = schemas.map(({ minimum }) => minimum).reduce((a, b) => tighter(a, b, 1), null);
    this.maximum = schemas.map(({ maximum }) => maximum).reduce((a, b) => tighter(a, b, -1), null);
    this.multiples = schemas.flatMap(({ multipleOf }) => multipleOf ?? []);
    this.minLength = Math.max(0, ...schemas.map((each) => each.minLength));
    this.maxLength = Math.min(...schemas.map((each) => each.maxLength), Number.POSITIVE_INFINITY);
    this.patterns = new Set(schemas.flatMap(({ pattern }) => pattern ?? []));
    this.minItems = Math.max(0, ...schemas.map((each) => each.minItems));
    this.maxItems = Math.min(...schemas.map((each) => each.maxItems), Number.POSITIVE_INFINITY);
    this.isUnique = schemas.some(({ uniqueItems }) => uniqueItems);
    this.contains = schemas.flatMap(({ contains }) => contains ?? []);
    this.required = withDependents(schemas);
    this.minProperties = Math.max(this.required.size, ...schemas.map((each) => each.minProperties));
    this.maxProperties = Math.min(
      ...schemas.map((each) => each.maxProperties),
      this.#closedTo(schemas)?.length ?? Number.POSITIVE_INFINITY,
    );
    this.fails = [...known.fails, ...schemas.flatMap(({ not }) => not ?? [])];
    this.choices = schemas.flatMap(choicesOf).filter(({ id }) => !known.chosen.has(id));
    const types = this.#possibleTypes(schemas);
    this.values = this.#countedValues(known, types);
    this.types = this.values !== null && this.values.length === 0 ? new Set() : types;
  }

  /** Of strings: what this keyword may say, all of which holds. */
  texts(keyword: string): ReadonlySet<string> {
    return new Set(this.schemas.flatMap(({ texts }) => texts.get(keyword) ?? []));
  }

  /** What a property of this name must be, if it is there. */
  property(name: string): SchemaNode[] {
    const found = this.schemas.flatMap((each) => schemasOfProperty(each, name).sure);
    return this.#mayBeNamed(name) ? found : [...found, nothing];
  }

  /** Names that some schema speaks of. */
  get propertyNames(): ReadonlySet<string> {
    return new Set(this.schemas.flatMap(({ properties }) => [...properties.keys()]));
  }

  get patternNames(): ReadonlySet<string> {
    return new Set(this.schemas.flatMap(({ patternProperties }) => [...patternProperties.keys()]));
  }

  /** What a property must be whose name no schema speaks of, and which matches these patterns and may match others. */
  otherProperty(patterns: ReadonlySet<string> = new Set()): SchemaNode[] {
    return this.schemas.flatMap((each) => {
      const matching = [...each.patternProperties].filter(([pattern]) => patterns.has(pattern)).map(([, schema]) => schema);
      if (matching.length > 0) return matching;
      // It may match one of its patterns, and then need not be what the others are.
      return each.additionalProperties === null || each.patternProperties.size > 0 ? [] : [each.additionalProperties];
    });
  }

  /** The only names that properties may have; null where they cannot be counted. */
  get onlyNames(): readonly string[] | null {
    return this.#closedTo(this.schemas);
  }

  dependentSchemas(name: string): SchemaNode[] {
    return this.schemas.flatMap(({ dependentSchemas }) => dependentSchemas.get(name) ?? []);
  }

  nameSchemas(): SchemaNode[] {
    return this.schemas.flatMap(({ propertyNames }) => propertyNames ?? []);
  }

  /** What the item at this place must be, if it is there. */
  item(index: number): SchemaNode[] {
    return this.schemas.flatMap(({ prefixItems, items }) => prefixItems[index] ?? items ?? []);
  }

  /** Up to here items have places of their own. */
  get prefixLength(): number {
    return Math.max(0, ...this.schemas.map(({ prefixItems }) => prefixItems.length));
  }

  #mayBeNamed(name: string): boolean {
    return this.nameSchemas().every((each) => accepts(each, name) !== false);
  }

  #closedTo(schemas: readonly SchemaNode[]): string[] | null {
    const closed = schemas.find((each) => each.additionalProperties?.always === false && each.patternProperties.size === 0);
    if (closed !== undefined) return [...closed.properties.keys()];
    for (const each of schemas) {
      const names = each.unevaluatedProperties === "refused" ? evaluatedNames(each, this.#failing) : null;
      if (names !== null) return [...names];
    }
    const named = schemas.flatMap(({ propertyNames }) => propertyNames?.values ?? []);
    return schemas.some(({ propertyNames }) => propertyNames !== null && propertyNames.values !== null)
      ? named.filter((name): name is string => typeof name === "string")
      : null;
  }

  #possibleTypes(schemas: readonly SchemaNode[]): Set<JsonType> {
    const isPossible: Record<JsonType, () => boolean> = {
      null: () => true,
      boolean: () => true,
      number: () => !isCrossed(this.minimum, this.maximum),
      string: () => this.minLength <= this.maxLength,
      array: () => this.minItems <= this.maxItems,
      object: () => this.minProperties <= this.maxProperties,
    };
    const never = schemas.some(({ always }) => always === false);
    return new Set(
      never
        ? []
        : jsonTypes.filter((type) => schemas.every(({ types }) => types === null || types.has(type)) && isPossible[type]()),
    );
  }

  #countedValues(known: Known, types: ReadonlySet<JsonType>): readonly unknown[] | null {
    const [first, ...others] = this.schemas.flatMap(({ values }) => (values === null ? [] : [values]));
    const counted = first ?? countable(types);
    if (counted === null) return null;
    return counted.filter(
      (value) =>
        others.every((values) => isOneOf(values, value)) &&
        [...known.holds].every((each) => accepts(each, value) !== false) &&
        ![...known.fails].some((each) => accepts(each, value) === true),
    );
  }
}

/** Null and the booleans are few enough. */
function countable(types: ReadonlySet<JsonType>): readonly unknown[] | null {
  if ([...types].some((type) => type !== "null" && type !== "boolean")) return null;
  return [...(types.has("null") ? [null] : []), ...(types.has("boolean") ? [false, true] : [])];
}

function flattened(holds: Iterable<SchemaNode>): SchemaNode[] {
  const all = new Set<SchemaNode>();
  const add = (node: SchemaNode): void => {
    if (all.has(node)) return;
    all.add(node);
    if (node.reference !== null) add(node.reference());
    for (const each of node.allOf) add(each);
    if (node.anyOf?.length === 1) add(node.anyOf[0] as SchemaNode);
    if (node.oneOf?.length === 1) add(node.oneOf[0] as SchemaNode);
  };
  for (const node of holds) add(node);
  return [...all];
}

function choicesOf(node: SchemaNode): Choice[] {
  const { id, anyOf, oneOf, conditional } = node;
  const choices: Choice[] = [];
  if (anyOf !== null && anyOf.length > 1)
    choices.push({ id: `${id}any`, cases: anyOf.map((each) => ({ holds: [each], fails: [] })) });
  if (oneOf !== null && oneOf.length > 1)
    choices.push({
      id: `${id}one`,
      cases: oneOf.map((each) => ({ holds: [each], fails: oneOf.filter((other) => other !== each) })),
    });
  if (conditional !== null)
    choices.push({
      id: `${id}if`,
      cases: [
        { holds: [conditional.if, conditional.then], fails: [] },
        { holds: [conditional.else], fails: [conditional.if] },
      ],
    });
  for (const [name, schema] of node.dependentSchemas)
    choices.push({
      id: `${id}dependent ${name}`,
      cases: [
        { holds: [schema, requiring(name)], fails: [] },
        { holds: [], fails: [requiring(name)] },
      ],
    });
  return choices;
}

const requirements = new Map<string, SchemaNode>();

/** An object that has a property of this name. */
export function requiring(name: string): SchemaNode {
  let node = requirements.get(name);
  if (node === undefined) {
    node = madeNode({ types: new Set(["object"]), required: new Set([name]) });
    requirements.set(name, node);
  }
  return node;
}

/** What must be there, and what must then be there too. */
function withDependents(schemas: readonly SchemaNode[]): Set<string> {
  const required = new Set(schemas.flatMap((each) => [...each.required]));
  for (const name of required)
    for (const { dependentRequired } of schemas) for (const other of dependentRequired.get(name) ?? []) required.add(other);
  return required;
}

/** @param direction 1 where the larger one is tighter, -1 where the smaller one is. */
function tighter(a: Bound | null, b: Bound | null, direction: 1 | -1): Bound | null {
  if (a === null || b === null) return a ?? b;
  const compared = compareNumbers(a.value, b.value) * direction;
  return compared > 0 || (compared === 0 && a.isExclusive) ? a : b;
}

function isCrossed(minimum: Bound | null, maximum: Bound | null): boolean {
  if (minimum === null || maximum === null) return false;
  const compared = compareNumbers(minimum.value, maximum.value);
  return compared > 0 || (compared === 0 && (minimum.isExclusive || maximum.isExclusive));
}
