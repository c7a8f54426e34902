type Schema = boolean | Record<string, unknown>;

/** One of them is a keyword, too. */
const names = ["a", "b", "c", "title"];
/** They have not the same keywords. */
const drafts = {
  7: "http://json-schema.org/draft-07/schema#",
  2019: "https://json-schema.org/draft/2019-09/schema",
  2020: "https://json-schema.org/draft/2020-12/schema",
} as const;
export type Draft = keyof typeof drafts;

/** Small schemas and values that have much to do with one another, by seed. */
export class SchemaMaker {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  chance(part: number): boolean {
    return this.#random() < part;
  }

  value(depth = 3): unknown {
    switch (this.#below(depth > 0 ? 8 : 5)) {
      case 0:
        return null;
      case 1:
        return this.chance(0.5);
      case 2:
        return this.#below(6);
      case 3:
        return this.#below(8) / 2;
      case 4:
        return this.#one(["", "a", "b", "ab", "abc", "x1"]);
      case 5:
        return Array.from({ length: this.#below(3) }, () => this.value(depth - 1));
      default:
        return Object.fromEntries(names.filter(() => this.chance(0.5)).map((name) => [name, this.value(depth - 1)]));
    }
  }

  schema(depth = 2): Schema {
    if (this.chance(0.08)) return this.chance(0.7);
    const schema: Record<string, unknown> = {};
    if (this.chance(0.6))
      schema["type"] = this.chance(0.7)
        ? this.#one(["null", "boolean", "integer", "number", "string", "array", "object"])
        : [this.#one(["null", "boolean", "integer"]), this.#one(["number", "string", "object"])];
    for (let keywords = 1 + this.#below(2); keywords > 0; keywords -= 1) Object.assign(schema, this.#keyword(depth));
    // Ajv counts no item for `contains` that `prefixItems` names.
    if (schema["contains"] !== undefined) delete schema["prefixItems"];
    return schema;
  }

  draft(): Draft {
    return this.#one([7, 2019, 2020]);
  }

  /** The same words by another draft, with one of its references. */
  inDraft(schema: Schema, draft: Draft, part: Schema): Schema {
    if (typeof schema === "boolean") return schema;
    const whole = { ...schema, $schema: drafts[draft] };
    if (typeof part === "boolean" || draft === 2019) return whole;
    const defs = { $defs: { part: draft === 2020 ? { ...part, $dynamicAnchor: "part" } : part } };
    const reference = draft === 2020 ? { $dynamicRef: "#part" } : { $ref: "#/$defs/part" };
    return { ...whole, ...defs, items: reference, properties: { title: reference } };
  }

  /** A small change of it. */
  changed(schema: Schema): Schema {
    if (typeof schema === "boolean") return this.schema(1);
    const copy = structuredClone(schema);
    const keyword = this.#one(Object.keys(copy));
    if (keyword === undefined || this.chance(0.25)) {
      const more = this.schema(1);
      if (typeof more === "object") Object.assign(copy, more);
      if (copy["contains"] !== undefined) delete copy["prefixItems"];
      return copy;
    }
    const value = copy[keyword];
    if (typeof value === "number") copy[keyword] = Math.max(keyword === "multipleOf" ? 1 : 0, value + this.#one([-1, 1]));
    else if (["items", "additionalProperties", "not", "contains", "if", "then", "else"].includes(keyword))
      copy[keyword] = this.changed(value as Schema);
    else if (keyword === "properties") {
      const properties = value as Record<string, Schema>;
      const name = this.#one(Object.keys(properties));
      properties[name] = this.changed(properties[name] as Schema);
    } else delete copy[keyword];
    return copy;
  }

  #keyword(depth: number): Record<string, unknown> {
    const inside = (): Schema => this.schema(depth - 1);
    const simple: (() => Record<string, unknown>)[] = [
      () => ({ minimum: this.#below(5) }),
      () => ({ maximum: this.#below(6) }),
      () => ({ exclusiveMinimum: this.#below(4) }),
      () => ({ exclusiveMaximum: this.#below(6) }),
      () => ({ multipleOf: this.#one([1, 2, 0.5, 3]) }),
      () => ({ minLength: this.#below(3) }),
      () => ({ maxLength: this.#below(3) }),
      () => ({ pattern: this.#one(["^a", "b", "^x"]) }),
      () => ({ enum: Array.from({ length: 1 + this.#below(3) }, () => this.value(1)) }),
      () => ({ const: this.value(1) }),
      () => ({ minItems: this.#below(3) }),
      () => ({ maxItems: this.#below(3) }),
      () => ({ required: [this.#one(names)] }),
      () => ({ minProperties: this.#below(3) }),
      () => ({ maxProperties: this.#below(3) }),
      () => ({ dependentRequired: { [this.#one(names)]: [this.#one(names)] } }),
      () => ({ propertyNames: { enum: [this.#one(names), this.#one(names)] } }),
      () => ({ uniqueItems: true }),
    ];
    const nested: (() => Record<string, unknown>)[] = [
      () => ({ items: inside() }),
      () => ({ prefixItems: [inside()] }),
      () => ({ contains: inside(), ...(this.chance(0.3) ? { minContains: this.#below(3) } : {}) }),
      () => ({ contains: inside(), ...(this.chance(0.3) ? { maxContains: this.#below(3) } : {}) }),
      () => ({ properties: { [this.#one(names)]: inside(), [this.#one(names)]: inside() } }),
      () => ({ properties: { [this.#one(names)]: inside() }, additionalProperties: inside() }),
      () => ({ additionalProperties: inside() }),
      () => ({ patternProperties: { [this.#one(["^a", "b", "c$"])]: inside() } }),
      () => ({ dependentSchemas: { [this.#one(names)]: inside() } }),
      () => ({ anyOf: [inside(), inside()] }),
      () => ({ oneOf: [inside(), inside()] }),
      () => ({ allOf: [inside(), inside()] }),
      () => ({ not: inside() }),
      () => ({ if: inside(), then: inside(), else: inside() }),
    ];
    return this.#one(depth > 0 && this.chance(0.6) ? nested : simple)();
  }

  #one<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  /** Mulberry32. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }
}
