import { publisherSchema, readerSchema } from "throughline/contracts";
import type { Comparison, SchemaText } from "../check-compatibility.ts";
import type { Difference, Sides } from "../difference.ts";
import { isRaw } from "../json-values.ts";
import { differencesBetween } from "./containment.ts";
import { readJsonSchema } from "./read-json-schema.ts";
import type { SchemaNode } from "./schema-node.ts";

/** A JSON Schema as its publishers are held to it, and as readers take it. @throws SchemaInvalid */
export function lenientComparison({ schema, references }: SchemaText): Comparison {
  const options = { isExecuted: true, ...(references === undefined ? {} : { references }) };
  // As it is: what is wrong with it is said of its own words.
  const itself = readJsonSchema(schema, options);
  if (!isRaw(schema)) return new LenientComparison(itself, itself, schema);
  // What others refer to may be a part of theirs: it cannot be told where it would have to be closed.
  const isAlone = references === undefined || references.size === 0;
  const closed = isAlone ? publisherSchema(schema) : null;
  const writer = closed === null ? itself : readJsonSchema(closed, options);
  // Readers have the contract, too: they open what it closes, and that is not all.
  return new LenientComparison(writer, readJsonSchema(readerSchema(closed ?? schema), options), schema);
}

class LenientComparison implements Comparison {
  readonly #writer: SchemaNode;
  readonly #reader: SchemaNode;

  readonly #given: unknown;

  constructor(writer: SchemaNode, reader: SchemaNode, given: unknown) {
    this.#writer = writer;
    this.#reader = reader;
    this.#given = given;
  }

  reads(old: Comparison, sides: Sides, endsAt?: number): readonly Difference[] {
    if (!(old instanceof LenientComparison)) throw new TypeError("schemas are compared by one policy");
    return differencesBetween(old.#writer, this.#reader, sides, endsAt).map((difference) => ({
      ...difference,
      pointer: placeIn(this.#given, difference.pointer),
    }));
  }
}

/** The place in the schema that was given: what became `anyOf` for readers stands there as `oneOf`. */
function placeIn(schema: unknown, pointer: string): string {
  let at = schema;
  const tokens = pointer.split("/").map((token) => {
    if (!isRaw(at) && !Array.isArray(at)) return token;
    const inside = at as Readonly<Record<string, unknown>>;
    const found = token === "anyOf" && inside["anyOf"] === undefined && inside["oneOf"] !== undefined ? "oneOf" : token;
    if (token !== "") at = inside[found.replaceAll("~1", "/").replaceAll("~0", "~")];
    return found;
  });
  return tokens.join("/");
}
