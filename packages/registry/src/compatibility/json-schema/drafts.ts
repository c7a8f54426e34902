import { isRaw, type Raw } from "../json-values.ts";

/** Before this draft `$ref` hides what stands beside it. */
export const firstWithSiblings = 2019;

/** The drafts that have a keyword, where that is not all of them. */
const first: Readonly<Record<string, number>> = {
  const: 6,
  contains: 6,
  propertyNames: 6,
  if: 7,
  then: 7,
  else: 7,
  contentEncoding: 7,
  contentMediaType: 7,
  dependentRequired: 2019,
  dependentSchemas: 2019,
  minContains: 2019,
  maxContains: 2019,
  unevaluatedItems: 2019,
  unevaluatedProperties: 2019,
  contentSchema: 2019,
  $recursiveRef: 2019,
  $recursiveAnchor: 2019,
  prefixItems: 2020,
  $dynamicRef: 2020,
  $dynamicAnchor: 2020,
};
const last: Readonly<Record<string, number>> = { $recursiveRef: 2019, $recursiveAnchor: 2019 };

/** What a schema is written in. */
export interface Dialect {
  readonly draft: number;
  /** Keywords that mean nothing in it. */
  readonly without: ReadonlySet<string>;
}

/** 4, 6, 7, 2019 or 2020: what is not said is the newest. */
function draftOf(root: unknown): number {
  const name = isRaw(root) && typeof root["$schema"] === "string" ? root["$schema"] : "";
  const year = /draft\/(\d{4})-\d\d\//.exec(name)?.[1];
  return Number(year ?? /draft-0(\d)/.exec(name)?.[1] ?? 2020);
}

const everything: ReadonlySet<string> = new Set();

/**
 * The draft that `$schema` names; and by 2020-12 a metaschema may list the vocabularies whose keywords mean something.
 * @param metaschemaOf A schema of this name where the document brings it along.
 */
export function dialectOf(root: unknown, metaschemaOf: (uri: string) => Raw | undefined): Dialect {
  const draft = draftOf(root);
  const uri = isRaw(root) ? root["$schema"] : undefined;
  const listed = typeof uri === "string" && draft === 2020 ? metaschemaOf(uri.replace(/#$/, ""))?.["$vocabulary"] : undefined;
  if (!isRaw(listed)) return { draft, without: everything };
  const used = new Set(Object.keys(listed).map((each) => each.slice(each.lastIndexOf("/") + 1)));
  const unused = Object.entries(vocabularies).filter(([name]) => !used.has(name));
  return { draft, without: new Set(unused.flatMap(([, keywords]) => keywords)) };
}

/** Of 2020-12, those whose keywords refuse something. */
const vocabularies: Readonly<Record<string, readonly string[]>> = {
  applicator: `prefixItems items contains additionalProperties properties patternProperties dependentSchemas propertyNames
    if then else allOf anyOf oneOf not`.split(/\s+/),
  unevaluated: ["unevaluatedItems", "unevaluatedProperties"],
  validation: `type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems
    minItems uniqueItems maxContains minContains maxProperties minProperties required dependentRequired`.split(/\s+/),
  "format-assertion": ["format"],
};

/**
 * What a schema says by a draft: others of its keywords are not of that draft, and restrict nothing.
 * @param isExecuted As contracts are checked: draft 7 has `unevaluatedProperties: false` there, for objects of it are closed by that.
 */
export function keywordsOf(raw: Raw, { draft, without }: Dialect, isExecuted: boolean): Raw {
  const isKnown = (keyword: string): boolean =>
    draft >= (Object.hasOwn(first, keyword) ? (first[keyword] as number) : 0) &&
    draft <= (Object.hasOwn(last, keyword) ? (last[keyword] as number) : draft);
  const isClosing = (keyword: string): boolean =>
    isExecuted && draft === 7 && keyword === "unevaluatedProperties" && raw[keyword] === false;
  return Object.fromEntries(
    Object.entries(raw).filter(([keyword]) => (isKnown(keyword) || isClosing(keyword)) && !without.has(keyword)),
  );
}

/** Whether a schema begins a resource of its own, which may be of another draft. Before 2019-09 a reference hides its name. */
export function beginsResource(raw: Raw, draft: number): boolean {
  const id = raw["$id"] ?? (draft === 4 ? raw["id"] : undefined);
  return typeof id === "string" && !id.startsWith("#") && (raw["$ref"] === undefined || draft >= firstWithSiblings);
}
