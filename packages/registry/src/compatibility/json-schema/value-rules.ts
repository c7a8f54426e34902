import { type Difference, type DifferenceKind, inWords, listed } from "../difference.ts";
import { accepts } from "./accepts.ts";
import type { Facts } from "./facts.ts";
import { compareNumbers, isMultiple, numberText } from "./numbers.ts";
import type { Prover } from "./prover.ts";
import type { Bound, SchemaNode } from "./schema-node.ts";

/** Formats whose texts are texts of another format, too (RFC 3339, 3986, 3987, 5890, 6531). */
const widerFormats: Readonly<Record<string, readonly string[]>> = {
  uri: ["uri-reference", "iri", "iri-reference"],
  "uri-reference": ["iri-reference"],
  iri: ["iri-reference"],
  hostname: ["idn-hostname"],
  email: ["idn-email"],
};

const kindsOfTexts: Readonly<Record<string, DifferenceKind>> = {
  format: "format_changed",
  contentEncoding: "content_encoding_changed",
  contentMediaType: "content_media_type_changed",
};

export function ofValues(prover: Prover, values: readonly unknown[], reader: SchemaNode, path: string): readonly Difference[] {
  const refused = values.filter((value) => accepts(reader, value) !== true);
  if (refused.length === 0) return [];
  return [
    prover.say.difference(
      "values_narrowed",
      path,
      reader,
      `may be ${listed(refused.map(inWords))} in ${prover.say.sides.writer}, which ${prover.say.sides.reader} refuses`,
    ),
  ];
}

export function ofType(prover: Prover, facts: Facts, reader: SchemaNode, path: string): readonly Difference[] {
  const { types, isInteger } = facts;
  const refused = [...types].filter((type) => reader.types !== null && !reader.types.has(type));
  const isFraction = reader.isInteger && types.has("number") && !isInteger && reader.types?.has("number") === true;
  if (refused.length === 0 && !isFraction) return [];
  const wanted = [...(reader.types ?? [])].map((type) => (type === "number" && reader.isInteger ? "integer" : type));
  const written = refused.length > 0 ? refused : ["number"];
  return [prover.say.change("type_narrowed", path, reader, "type", listed(wanted), listed(written))];
}

export function ofEnum(prover: Prover, facts: Facts, reader: SchemaNode, path: string): Difference {
  const wanted = listed((reader.values ?? []).map(inWords));
  return prover.say.change("values_narrowed", path, reader, undefined, wanted, `any ${listed(facts.types)}`);
}

export function ofNumber(prover: Prover, facts: Facts, reader: SchemaNode, path: string): readonly Difference[] {
  const found: Difference[] = [];
  if (!isWithin(facts.minimum, reader.minimum, 1))
    found.push(prover.say.change("minimum_raised", path, reader, "minimum", lowest(reader.minimum), lowest(facts.minimum)));
  if (!isWithin(facts.maximum, reader.maximum, -1))
    found.push(prover.say.change("maximum_lowered", path, reader, "maximum", highest(reader.maximum), highest(facts.maximum)));
  const divisor = reader.multipleOf;
  const isDivided =
    divisor === null || facts.multiples.some((each) => isMultiple(each, divisor)) || (facts.isInteger && isMultiple(1, divisor));
  if (!isDivided)
    found.push(
      prover.say.change(
        "multiple_of_narrowed",
        path,
        reader,
        "multipleOf",
        `a multiple of ${numberText(divisor)}`,
        facts.multiples.length === 0 ? "any number" : `multiples of ${listed(facts.multiples.map(numberText))}`,
      ),
    );
  return found;
}

export function ofString(prover: Prover, facts: Facts, reader: SchemaNode, path: string): readonly Difference[] {
  const found: Difference[] = [];
  if (facts.minLength < reader.minLength)
    found.push(prover.say.raised("min_length_raised", path, reader, "minLength", "character", facts.minLength));
  if (facts.maxLength > reader.maxLength)
    found.push(prover.say.lowered("max_length_lowered", path, reader, "maxLength", "character", facts.maxLength));
  if (reader.pattern !== null && !facts.patterns.has(reader.pattern))
    found.push(
      prover.say.change("pattern_changed", path, reader, "pattern", `a match of ${inWords(reader.pattern)}`, patternsOf(facts)),
    );
  for (const [keyword, name] of reader.texts) {
    const said = facts.texts(keyword);
    const isSaid =
      said.has(name) || [...said].some((each) => keyword === "format" && widerFormats[each]?.includes(name) === true);
    if (isSaid) continue;
    const kind = kindsOfTexts[keyword] as DifferenceKind;
    const other = said.size === 0 ? "any string" : `${keyword} ${listed([...said].map(inWords))}`;
    found.push(prover.say.change(kind, path, reader, keyword, `of ${keyword} ${inWords(name)}`, other));
  }
  return found;
}

/** @param direction 1 for lower bounds, -1 for upper ones. */
function isWithin(known: Bound | null, wanted: Bound | null, direction: 1 | -1): boolean {
  if (wanted === null) return true;
  if (known === null) return false;
  const compared = compareNumbers(known.value, wanted.value) * direction;
  return compared === 0 ? known.isExclusive || !wanted.isExclusive : compared > 0;
}

const lowest = (bound: Bound | null): string =>
  bound === null ? "any number" : `${bound.isExclusive ? "above" : "at least"} ${numberText(bound.value)}`;
const highest = (bound: Bound | null): string =>
  bound === null ? "any number" : `${bound.isExclusive ? "below" : "at most"} ${numberText(bound.value)}`;

const patternsOf = ({ patterns }: Facts): string =>
  patterns.size === 0 ? "any string" : `matches of ${listed([...patterns].map(inWords))}`;
