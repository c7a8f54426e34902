import type { JsonSchema } from "throughline/contracts";

/**
 * A schema in a draft that contracts are written in, where it is one by other words: draft 6 is draft 7 without some keywords, and 2019-09
 * differs from 2020-12 in few. A sentence where it is not.
 */
export function asUsableDraft(schema: JsonSchema): JsonSchema | string {
  const { $schema: draft, ...rest } = schema;
  if (draft === undefined) return rest;
  if (typeof draft !== "string") return "its $schema is no text";
  if (/2020-12/.test(draft)) return rest;
  if (/draft-0[67]\//.test(draft)) return { $schema: "http://json-schema.org/draft-07/schema#", ...rest };
  if (/2019-09/.test(draft)) {
    const other = ["additionalItems", "$recursiveRef", "$recursiveAnchor"].find((keyword) => mentions(rest, keyword));
    if (other === undefined && !hasTuples(rest)) return rest;
    return `it is written in 2019-09 with ${other ?? "tuples"}, which 2020-12 says otherwise`;
  }
  return `it is written in ${JSON.stringify(draft)}; contracts are written in 2020-12 or draft-07`;
}

function mentions(value: unknown, keyword: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, keyword) || Object.values(value).some((inner) => mentions(inner, keyword));
}

function hasTuples(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray((value as JsonSchema)["items"])) return true;
  return Object.values(value).some(hasTuples);
}
