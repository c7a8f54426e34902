import type { Difference } from "../difference.ts";
import { type Facts, Known } from "./facts.ts";
import type { Prover } from "./prover.ts";
import type { SchemaNode } from "./schema-node.ts";

export function ofArray(prover: Prover, known: Known, reader: SchemaNode, path: string, depth: number): readonly Difference[] {
  const { facts } = known;
  const found: Difference[] = [];
  if (facts.minItems < reader.minItems)
    found.push(prover.say.raised("min_items_raised", path, reader, "minItems", "item", facts.minItems));
  if (longest(prover, facts, depth) > reader.maxItems)
    found.push(prover.say.lowered("max_items_lowered", path, reader, "maxItems", "item", facts.maxItems));
  if (reader.uniqueItems && !facts.isUnique && facts.maxItems > 1)
    found.push(prover.say.change("unique_items_added", path, reader, "uniqueItems", "without two equal items", "equal items"));
  const places = Math.max(facts.prefixLength, reader.prefixItems.length);
  for (let index = 0; index <= places; index += 1) {
    const wanted = reader.prefixItems[index] ?? reader.items;
    if (wanted === null || index >= facts.maxItems) continue;
    found.push(
      ...prover.differences(new Known(facts.item(index)), wanted, `${path}/${index < places ? index : "[]"}`, depth + 1),
    );
  }
  return [...found, ...ofContains(prover, facts, reader, path, depth)];
}

/** No array is longer: the next item cannot be. */
function longest(prover: Prover, facts: Facts, depth: number): number {
  for (let index = 0; index <= facts.prefixLength && index < facts.maxItems; index += 1)
    if (prover.isEmpty(new Known(facts.item(index)), depth + 1)) return index;
  return facts.maxItems;
}

function ofContains(prover: Prover, facts: Facts, reader: SchemaNode, path: string, depth: number): readonly Difference[] {
  if (reader.contains === null) return [];
  const { schema, min, max } = reader.contains;
  const isIn = (known: Known, wanted: SchemaNode): boolean =>
    prover.differences(known, wanted, `${path}/[]`, depth + 1).length === 0;
  const each = Array.from({ length: facts.prefixLength + 1 }, (_, index) => new Known(facts.item(index)));
  const isFound =
    min === 0 ||
    facts.contains.some((other) => other.min >= min && isIn(new Known([other.schema]), schema)) ||
    (facts.minItems >= min && each.every((known) => isIn(known, schema)));
  const isFew =
    max === Number.POSITIVE_INFINITY ||
    facts.maxItems <= max ||
    facts.contains.some((other) => other.max <= max && isIn(new Known([schema]), other.schema));
  if (isFound && isFew) return [];
  const wanted = `${isFound ? `at most ${max}` : `at least ${min}`} of the items that ${prover.say.sides.reader} names`;
  return [
    prover.say.difference(
      "contains_narrowed",
      path,
      reader,
      `must hold ${wanted}; ${prover.say.sides.writer} allows others`,
      "contains",
    ),
  ];
}
