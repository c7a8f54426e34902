/** The parts of an OpenAPI document, and of JSON Schema, that control's API uses. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>>;
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
}

const header = `// Written by "npm run page:types" from the OpenAPI document of the control plane. Do not edit.\n// oxlint-disable max-lines -- it is as long as the API\n`;

/** TypeScript for the page: an interface for every named schema, and for every route what it takes and what it answers. */
export function apiTypes({ paths, components = {} }: OpenApi): string {
  const named = Object.entries(components.schemas ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => `${comment(schema.description)}export type ${name} = ${typeOf(schema)};\n`);
  const routes = ["get", "post", "put", "patch", "delete"].map((method) => {
    const lines = Object.entries(paths)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([path, operations]) => (operations[method] === undefined ? [] : [route(path, operations[method])]));
    return `export interface ${method[0]!.toUpperCase()}${method.slice(1)}Routes {\n${lines.join("")}}\n`;
  });
  return [header, ...named, ...routes].join("\n");
}

function route(path: string, { summary, parameters = [], requestBody, responses }: Operation): string {
  const taken = (where: string): string => {
    const fields = parameters.filter((parameter) => parameter.in === where);
    const isNeeded = ({ required, schema }: (typeof fields)[number]) => required === true && schema.default === undefined;
    return `{ ${fields.map((field) => `${key(field.name)}${isNeeded(field) ? "" : "?"}: ${typeOf(field.schema)};`).join(" ")} }`;
  };
  const body = Object.values(requestBody?.content ?? {})[0]?.schema;
  const answer = Object.entries(responses).find(([status]) => status.startsWith("2"))?.[1].content;
  const answered = answer?.["application/json"]?.schema;
  return (
    `${comment(summary)}${JSON.stringify(path.replace("/api/v1", ""))}: { path: ${taken("path")}; query: ${taken("query")}; ` +
    `body: ${body === undefined ? "undefined" : typeOf(body)}; answer: ${answered === undefined ? "unknown" : typeOf(answered)} };\n`
  );
}

function typeOf(schema: Schema): string {
  const { $ref, anyOf, oneOf, allOf, type } = schema;
  if ($ref !== undefined) return $ref.split("/").at(-1)!;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (anyOf !== undefined || oneOf !== undefined) return (anyOf ?? oneOf)!.map((one) => inUnion(typeOf(one))).join(" | ");
  if (allOf !== undefined) return allOf.map((one) => inUnion(typeOf(one))).join(" & ");
  if (Array.isArray(type)) return type.map((one) => inUnion(typeOf({ ...schema, type: one as string }))).join(" | ");
  switch (type) {
    case "string":
    case "boolean":
    case "null":
      return type;
    case "number":
    case "integer":
      return "number";
    case "array":
      return `readonly ${inUnion(typeOf(schema.items ?? {}))}[]`;
    case "object":
      return objectOf(schema);
    default:
      return "unknown";
  }
}

function objectOf({ properties = {}, required = [], additionalProperties, patternProperties = {} }: Schema): string {
  const fields = Object.entries(properties).map(([name, schema]) => {
    // What has a default need not be sent.
    const isThere = required.includes(name) && schema.default === undefined;
    return `${comment(schema.description)}${key(name)}${isThere ? "" : "?"}: ${typeOf(schema)};`;
  });
  const values = [
    ...Object.values(patternProperties),
    ...(typeof additionalProperties === "object" ? [additionalProperties] : []),
  ];
  if (fields.length === 0) return `Readonly<Record<string, ${values.length === 0 ? "unknown" : values.map(typeOf).join(" | ")}>>`;
  return `{ ${fields.join("\n")} }`;
}

const inUnion = (type: string): string => (/^[\w"]+$|^\{/.test(type) && !type.includes(" | ") ? type : `(${type})`);
const key = (name: string): string => (/^[a-z_$][\w$]*$/i.test(name) ? name : JSON.stringify(name));
const comment = (text: string | undefined): string => (text === undefined ? "" : `\n/** ${text.replaceAll("*/", "* /")} */\n`);
