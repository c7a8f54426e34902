import type { JsonSchema } from "throughline/contracts";

/** What a schema says that its type cannot, as a comment; empty where it says nothing more. */
export function docComment(
  schema: JsonSchema,
  { indent, isPersonal = false }: { readonly indent: string; readonly isPersonal?: boolean },
): string {
  const { title, description, deprecated } = schema;
  const lines = [
    ...(typeof description === "string" ? textLines(description) : typeof title === "string" ? textLines(title) : []),
    ...(isPersonal ? ["Personal data."] : []),
    ...told.flatMap((keyword) => (isTold(schema[keyword]) ? [`@${keyword} ${JSON.stringify(schema[keyword])}`] : [])),
    ...(deprecated === true ? ["@deprecated"] : []),
  ].map((line) => line.replaceAll("*/", "*\\/"));
  if (lines.length === 0) return "";
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}

/** Keywords that restrict what the type lets through. */
const told = [
  "format",
  "pattern",
  "minLength",
  "maxLength",
  "minimum",
  "exclusiveMinimum",
  "maximum",
  "exclusiveMaximum",
  "multipleOf",
  "minItems",
  "maxItems",
  "uniqueItems",
  "default",
];

/** What every number of JavaScript keeps says nothing. */
const isTold = (value: unknown): boolean => value !== undefined && Math.abs(value as number) !== Number.MAX_SAFE_INTEGER;

const textLines = (text: string): string[] => text.trim().split(/\r?\n/);
