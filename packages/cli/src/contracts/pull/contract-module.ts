import type { ContractFacts, JsonSchema } from "throughline/contracts";
import { docComment } from "./doc-comment.ts";
import { isIdentifier, pascalCase } from "./names.ts";
import { schemaToTypeScript } from "./schema-to-typescript.ts";

/** A contract of somebody else. */
export interface PulledContract {
  readonly facts: ContractFacts;
  /** Of the data, for readers. */
  readonly data: JsonSchema;
  /** Where it comes from, as a sentence. */
  readonly source: string;
}

/** The text of a module that defines a contract with its types, all of it documented. */
export function contractModule({ facts, data, source }: PulledContract): string {
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
    data,
  };
  return [
    `import { defineEvent } from "throughline";`,
    "",
    schemaToTypeScript(dataName, { description: `The data of \`${type}\` version ${version}.`, ...data }, personal),
    `${docComment({ description: about.join("\n") }, { indent: "" })}export const ${name} = defineEvent<${JSON.stringify(type)}, ${dataName}>(${JSON.stringify(type)}, ${code(options, "")});`,
    "",
  ].join("\n");
}

/** A JSON value as an expression. */
function code(value: unknown, indent: string): string {
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
  const members = Object.entries(value).map(([name, inner]) => `${key(name)}: ${code(inner, deeper)}`);
  const line = `{ ${members.join(", ")} }`;
  if (members.length === 0) return "{}";
  if (indent !== "" && line.length < 80 && !line.includes("\n")) return line;
  return `{\n${members.map((member) => `${deeper}${member},\n`).join("")}${indent}}`;
}
