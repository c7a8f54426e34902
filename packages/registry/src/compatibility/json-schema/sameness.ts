import { isSame } from "../json-values.ts";
import { type SchemaNode, unrestricted } from "./schema-node.ts";

const parts = (Object.keys(unrestricted) as (keyof typeof unrestricted)[]).filter((part) => part !== "values");

/**
 * Whether two schemas say the same, keyword by keyword and with all that they refer to. It is asked of schemas as they were read:
 * annotations and keywords that a draft does not have are in none, and a name of a property is never taken for a keyword.
 */
export class Sameness {
  readonly #checkTime: () => void;
  readonly #same = new Set<string>();
  readonly #different = new Set<string>();

  /** @param checkTime Called for each pair; throws when there is no time left. */
  constructor(checkTime: () => void) {
    this.#checkTime = checkTime;
  }

  isSame(a: SchemaNode, b: SchemaNode): boolean {
    // Schemas that hold themselves are the same unless a difference is found anywhere.
    const assumed = new Set<string>();
    if (!this.#areSame(a, b, assumed)) return false;
    for (const pair of assumed) this.#same.add(pair);
    return true;
  }

  #areSame(a: SchemaNode, b: SchemaNode, assumed: Set<string>): boolean {
    const pair = `${a.id}=${b.id}`;
    if (this.#same.has(pair) || assumed.has(pair)) return true;
    if (this.#different.has(pair)) return false;
    this.#checkTime();
    assumed.add(pair);
    const isTold = ![...a.opaque.values()].includes(null);
    const areSame = isTold && isSame(a.values, b.values) && parts.every((part) => this.#isPart(a[part], b[part], assumed));
    if (!areSame) this.#different.add(pair);
    return areSame;
  }

  #isPart(a: unknown, b: unknown, assumed: Set<string>): boolean {
    if (typeof a === "function" && typeof b === "function")
      return this.#areSame((a as () => SchemaNode)(), (b as () => SchemaNode)(), assumed);
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
    if (isNode(a)) return isNode(b) && this.#areSame(a, b, assumed);
    if (a instanceof Set) return b instanceof Set && a.size === b.size && [...a].every((each) => b.has(each));
    const [ofA, ofB] = [entriesOf(a), entriesOf(b)];
    return ofA.size === ofB.size && [...ofA].every(([name, each]) => ofB.has(name) && this.#isPart(each, ofB.get(name), assumed));
  }
}

const isNode = (part: object): part is SchemaNode => "pointer" in part;

const entriesOf = (part: object): ReadonlyMap<string, unknown> => (part instanceof Map ? part : new Map(Object.entries(part)));
