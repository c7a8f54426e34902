import type { Difference } from "../difference.ts";
import { joined } from "../json-values.ts";
import { accepts, schemasOfProperty } from "./accepts.ts";
import { type Facts, Known, requiring } from "./facts.ts";
import type { Prover } from "./prover.ts";
import { ofType, type SchemaNode } from "./schema-node.ts";

export function ofObject(prover: Prover, known: Known, reader: SchemaNode, path: string, depth: number): readonly Difference[] {
  const { facts } = known;
  const found: Difference[] = [];
  for (const name of reader.required)
    if (!facts.required.has(name))
      found.push(
        prover.say.difference(
          "required_added",
          joined(path, name),
          reader,
          `must be there in ${prover.say.sides.reader}; ${prover.say.sides.writer} does not require it`,
          "required",
        ),
      );
  if (facts.minProperties < reader.minProperties)
    found.push(prover.say.raised("min_properties_raised", path, reader, "minProperties", "property", facts.minProperties));
  if (facts.maxProperties > reader.maxProperties)
    found.push(prover.say.lowered("max_properties_lowered", path, reader, "maxProperties", "property", facts.maxProperties));
  found.push(...ofProperties(prover, facts, reader, path, depth), ...ofNames(prover, facts, reader, path, depth));
  return [...found, ...ofDependencies(prover, known, reader, path, depth)];
}

function ofProperties(prover: Prover, facts: Facts, reader: SchemaNode, path: string, depth: number): readonly Difference[] {
  const found: Difference[] = [];
  const { properties, patternProperties, additionalProperties } = reader;
  const only = facts.onlyNames;
  const names = new Set([...facts.propertyNames, ...properties.keys(), ...facts.required, ...(only ?? [])]);
  for (const name of names) {
    if (only !== null && !only.includes(name)) continue;
    const known = new Known(facts.property(name));
    const place = joined(path, name);
    const { sure, possible } = schemasOfProperty(reader, name);
    for (const each of [...sure, ...possible])
      found.push(...ofProperty(prover, prover.differences(known, each, place, depth + 1), each, place));
  }
  if (only !== null) return found;
  // Names that nobody speaks of.
  for (const [pattern, schema] of patternProperties)
    found.push(...ofOthers(prover, facts, new Set([pattern]), schema, `${path}/{${pattern}}`, depth));
  if (additionalProperties === null) return found;
  found.push(...ofOthers(prover, facts, new Set(), additionalProperties, `${path}/{}`, depth));
  for (const pattern of facts.patternNames)
    if (!patternProperties.has(pattern))
      found.push(...ofOthers(prover, facts, new Set([pattern]), additionalProperties, `${path}/{${pattern}}`, depth));
  return found;
}

function ofOthers(
  prover: Prover,
  facts: Facts,
  patterns: ReadonlySet<string>,
  wanted: SchemaNode,
  place: string,
  depth: number,
): readonly Difference[] {
  const known = new Known(facts.otherProperty(patterns));
  return ofProperty(prover, prover.differences(known, wanted, place, depth + 1), wanted, place);
}

/** That a property is refused is said in a sentence of its own. */
function ofProperty(prover: Prover, found: readonly Difference[], wanted: SchemaNode, place: string): readonly Difference[] {
  if (found.length === 0 || wanted.always !== false) return found;
  const what = place.endsWith("}") ? "may be there under any other name" : "may be there";
  return [
    prover.say.difference(
      "property_refused",
      place,
      wanted,
      `${what} in ${prover.say.sides.writer}; ${prover.say.sides.reader} refuses it`,
    ),
  ];
}

function ofNames(prover: Prover, facts: Facts, reader: SchemaNode, path: string, depth: number): readonly Difference[] {
  const wanted = reader.propertyNames;
  if (wanted === null) return [];
  const only = facts.onlyNames;
  if (only !== null && only.every((name) => accepts(wanted, name) === true)) return [];
  const known = new Known([...facts.nameSchemas(), ofType("string")]);
  if (prover.differences(known, wanted, path, depth + 1).length === 0) return [];
  const what = `has names that ${prover.say.sides.reader} refuses and ${prover.say.sides.writer} allows`;
  return [prover.say.difference("property_names_narrowed", path, wanted, what)];
}

function ofDependencies(prover: Prover, known: Known, reader: SchemaNode, path: string, depth: number): readonly Difference[] {
  const found: Difference[] = [];
  const { facts } = known;
  for (const [name, others] of reader.dependentRequired) {
    if (prover.isEmpty(new Known(facts.property(name)), depth + 1)) continue;
    const there = known.and([requiring(name)]).facts.required;
    for (const other of others)
      if (!there.has(other))
        found.push(
          prover.say.difference(
            "dependency_added",
            joined(path, other),
            reader,
            `must be there in ${prover.say.sides.reader} where "${name}" is; ${prover.say.sides.writer} does not require it`,
            "dependentRequired",
          ),
        );
  }
  for (const [name, schema] of reader.dependentSchemas)
    found.push(...prover.differences(known.and([requiring(name), ...facts.dependentSchemas(name)]), schema, path, depth));
  return found;
}
