/** The drafts of JSON Schema that a contract can be written in. */
export type Dialect = "2020-12" | "draft-07";

export const DEFAULT_DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** The draft that `$schema` names; null for one that is not known here. */
export function dialectOf($schema: unknown): Dialect | null {
  if ($schema === undefined) return "2020-12";
  if (typeof $schema !== "string") return null;
  if (/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/.test($schema)) return "2020-12";
  return /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/.test($schema) ? "draft-07" : null;
}
