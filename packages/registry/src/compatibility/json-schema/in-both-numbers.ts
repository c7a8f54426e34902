import type { Comparison, SchemaText } from "../check-compatibility.ts";
import type { Difference, Sides } from "../difference.ts";
import { hasExactNumbers, withRoundedNumbers } from "./numbers.ts";

/**
 * Reads a schema with all digits of its numbers, and once more as JavaScript rounds them where that makes others of them. Data is read by
 * both kinds of readers: those that know whole numbers of any size, and those of JavaScript, for which 9007199254740993 is 9007199254740992.
 */
export function inBothNumbers(text: SchemaText, read: (text: SchemaText) => Comparison): Comparison {
  const exact = read(text);
  const { schema, references } = text;
  if (!hasExactNumbers(schema) && ![...(references ?? new Map<string, unknown>()).values()].some(hasExactNumbers))
    return new InBothNumbers(exact, exact);
  const roundedReferences = [...(references ?? [])].map(([name, each]) => [name, withRoundedNumbers(each)] as const);
  return new InBothNumbers(exact, read({ schema: withRoundedNumbers(schema), references: new Map(roundedReferences) }));
}

class InBothNumbers implements Comparison {
  readonly #exact: Comparison;
  readonly #rounded: Comparison;

  constructor(exact: Comparison, rounded: Comparison) {
    this.#exact = exact;
    this.#rounded = rounded;
  }

  reads(old: Comparison, sides: Sides, endsAt?: number): readonly Difference[] {
    if (!(old instanceof InBothNumbers)) throw new TypeError("JSON Schemas are compared with JSON Schemas");
    const found = this.#exact.reads(old.#exact, sides, endsAt);
    const isExact = this.#exact === this.#rounded && old.#exact === old.#rounded;
    if (isExact || found.length > 0) return found;
    return this.#rounded.reads(old.#rounded, sides, endsAt).map((difference) => ({
      ...difference,
      message: `${difference.message}, as JavaScript rounds these numbers`,
    }));
  }
}
