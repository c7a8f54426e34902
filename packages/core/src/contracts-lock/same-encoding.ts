import { isSameJson } from "./canonical-json.ts";
import { factsKeyword } from "./registered-form.ts";

interface EncodingText {
  readonly schemaType: string;
  readonly schema: string;
}

/** Whether two schemas write the same, whatever is said beside them of their contract. */
export function isSameEncoding(a: EncodingText, b: EncodingText): boolean {
  if (a.schemaType !== b.schemaType) return false;
  if (a.schema === b.schema) return true;
  return a.schemaType === "AVRO"
    ? isSameJson(withoutFacts(a.schema), withoutFacts(b.schema))
    : inOneLine(a.schema) === inOneLine(b.schema);
}

function withoutFacts(text: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return parsed;
  const { [factsKeyword]: _, ...rest } = parsed as Record<string, unknown>;
  return rest;
}

/** Registries write a text of Protobuf in lines of their own. */
function inOneLine(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, " ")
    .replace(/\s+/g, " ")
    .replace(/\s*([{};=,<>[\]()])\s*/g, "$1")
    .trim();
}
