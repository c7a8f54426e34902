import type { ContractFacts, JsonSchema } from "throughline/contracts";
import { docComment } from "./doc-comment.ts";
import { isIdentifier, pascalCase } from "./names.ts";
import { schemaToTypeScript } from "./schema-to-typescript.ts";

/** A contract of somebody else. */
export interface PulledContract {
  readonly facts: ContractFacts;
  /** Of the data, for readers. */
  readonly data: JsonSchema;
  /** The Avro schema that its data is written with; null where that is JSON. */
  readonly avro: object | null;
  /** Where it comes from, as a sentence. */
  readonly source: string;
  /** Older versions whose events cannot be read as they are. */
  readonly older: readonly { readonly version: number; readonly data: JsonSchema }[];
}

/**
 * The text of a module that defines a contract with its types, all of it documented.
 * @param upcastFrom The module beside it that lifts older events; null where there is none.
 */
export function contractModule({ facts, data, avro, source, older }: PulledContract, upcastFrom: string | null): string {
  const { type, version, stream, subject, tenant, personal, description, service, owner } = facts;
  const name = pascalCase(type);
  const dataName = `${name}Data`;
  const byWhom = service === "" ? "" : `, published by ${service}${owner === null ? "" : ` (ask ${owner})`}`;
  const about = [...(description === null ? [] : [description]), `\`${type}\` version ${version}${byWhom}.`, source];
  const options = {
    version,
    subject,
    ...(tenant === null ? {} : { tenant }),
    ...(stream === type.split(".", 1)[0] ? {} : { stream }),
    ...(personal.length === 0 ? {} : { personal }),
    ...(description === null ? {} : { description }),
    data: inReadingOrder(data),
  };
  const more = [...(avro === null ? [] : [`encoding: avro(${code(avro, "  ")})`]), ...(upcastFrom === null ? [] : ["upcast"])];
  const types = [{ version, name: dataName, data }, ...older.map((each) => ({ ...each, name: `${dataName}V${each.version}` }))];
  return [
    `import { defineEvent } from "throughline";`,
    ...(avro === null ? [] : [`import { avro } from "@throughline/registry/avro";`]),
    ...(upcastFrom === null ? [] : [`import { upcast } from ${JSON.stringify(upcastFrom)};`]),
    "",
    ...types.map((each) =>
      schemaToTypeScript(each.name, { description: `The data of \`${type}\` version ${each.version}.`, ...each.data }, personal),
    ),
    `${docComment({ description: about.join("\n") }, { indent: "" })}export const ${name} = defineEvent<${JSON.stringify(type)}, ${dataName}>(${JSON.stringify(type)}, ${code(options, "", more)});`,
    "",
  ].join("\n");
}

const first = ["$schema", "title", "description", "type"];
const last = ["required", "$defs", "definitions"];

/** What a schema is before what is in it. Names of properties that are called so move too, which means nothing. */
function inReadingOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inReadingOrder);
  if (typeof value !== "object" || value === null) return value;
  const rank = (name: string): number => (first.includes(name) ? first.indexOf(name) - first.length : last.indexOf(name) + 1);
  const entries = Object.entries(value).toSorted(([a], [b]) => rank(a) - rank(b));
  return Object.fromEntries(entries.map(([name, inner]) => [name, inReadingOrder(inner)]));
}

/** A JSON value as an expression. @param more Names of variables that become members. */
function code(value: unknown, indent: string, more: readonly string[] = []): string {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const line = `[${value.map((each) => code(each, deeper)).join(", ")}]`;
    if (line.length < 100 && !line.includes("\n")) return line;
    return `[\n${value.map((each) => `${deeper}${code(each, deeper)},\n`).join("")}${indent}]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  // As a name of its own: written plainly, it would be the object's prototype.
  const key = (name: string): string =>
    name === "__proto__" ? `["__proto__"]` : isIdentifier(name) ? name : JSON.stringify(name);
  const members = [...Object.entries(value).map(([name, inner]) => `${key(name)}: ${code(inner, deeper)}`), ...more];
  const line = `{ ${members.join(", ")} }`;
  if (members.length === 0) return "{}";
  if (indent !== "" && line.length < 80 && !line.includes("\n")) return line;
  return `{\n${members.map((member) => `${deeper}${member},\n`).join("")}${indent}}`;
}
