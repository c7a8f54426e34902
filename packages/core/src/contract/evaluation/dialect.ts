import type { JsonSchema } from "../json-schema.ts";
import { type Dialect, dialectOf } from "../schema-dialect.ts";

const VOCABULARIES = "https://json-schema.org/draft/2020-12/vocab/";
const KNOWN = new Set([
  "core",
  "applicator",
  "unevaluated",
  "validation",
  "meta-data",
  "format-annotation",
  "format-assertion",
  "content",
]);

/** What the keywords of a schema mean. */
export interface DialectRules {
  readonly draft: Dialect;
  /** Whether the keywords of one of the vocabularies of 2020-12 mean anything. */
  readonly uses: (vocabulary: "applicator" | "unevaluated" | "validation" | "format") => boolean;
}

/** Both drafts as they are, with formats checked: publishers and readers rely on what a format says. */
export const standardRules: Readonly<Record<Dialect, DialectRules>> = {
  "2020-12": { draft: "2020-12", uses: () => true },
  "draft-07": { draft: "draft-07", uses: () => true },
};

/**
 * The rules of schemas whose `$schema` names this metaschema: it lists the vocabularies that they are written in. Null where it is
 * none of 2020-12, or requires a vocabulary that nobody here knows.
 */
export function rulesOfMetaschema(metaschema: JsonSchema): DialectRules | null {
  if (dialectOf(metaschema["$schema"]) !== "2020-12") return null;
  const listed = metaschema["$vocabulary"];
  if (typeof listed !== "object" || listed === null) return standardRules["2020-12"];
  const used = new Set<string>();
  for (const [uri, isRequired] of Object.entries(listed)) {
    const name = uri.startsWith(VOCABULARIES) ? uri.slice(VOCABULARIES.length) : "";
    if (KNOWN.has(name)) used.add(name === "format-assertion" ? "format" : name);
    else if (isRequired === true) return null;
  }
  return { draft: "2020-12", uses: (vocabulary) => used.has(vocabulary) };
}
