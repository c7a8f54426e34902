/**
 * The rules of xRegistry 1.0 for a registry of endpoints, messages and schemas, as far as an export touches them: which attributes an entity
 * has, what they hold, and what they name. Written from the models of the specification, which are published in no package.
 * @see https://github.com/xregistry/spec (core/spec.md, endpoint/model.json, message/model.json, schema/model.json)
 */
type Rule = (value: unknown) => string | null;

const text: Rule = (value) => (typeof value === "string" && value !== "" ? null : "is no text");
const isTrue: Rule = (value) => (value === true ? null : "is not true");
const yesOrNo: Rule = (value) => (typeof value === "boolean" ? null : "is neither true nor false");
const anything: Rule = () => null;
const oneOf =
  (...values: readonly unknown[]): Rule =>
  (value) =>
    values.includes(value) ? null : `is ${JSON.stringify(value)}, and none of ${values.join(", ")}`;
const listOf =
  (item: Rule): Rule =>
  (value) =>
    Array.isArray(value) ? (value.map(item).find((problem) => problem !== null) ?? null) : "is no list";

/** `name?` may be absent; every other name is refused. */
const object =
  (rules: Readonly<Record<string, Rule>>, others: Rule | null = null): Rule =>
  (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return "is no object";
    const given = value as Record<string, unknown>;
    const known = new Map(
      Object.entries(rules).map(([name, rule]) => [name.replace(/\?$/, ""), { rule, isOptional: name.endsWith("?") }]),
    );
    for (const [name, { isOptional }] of known) if (!isOptional && given[name] === undefined) return `has no ${name}`;
    for (const [name, each] of Object.entries(given)) {
      const rule = known.get(name)?.rule ?? others;
      const problem = rule === null ? "is no attribute of it" : rule(each);
      if (problem !== null) return `${name} ${problem}`;
    }
    return null;
  };

const format: Rule = (value) =>
  /^(?:JsonSchema\/(?:draft-07|draft\/20(?:19-09|20-12))|Avro\/\d+\.\d+\.\d+|Protobuf\/[23])$/.test(String(value))
    ? null
    : `is ${JSON.stringify(value)}, which is no format that is defined`;
const xid =
  (pattern: RegExp): Rule =>
  (value) =>
    pattern.test(String(value)) ? null : "names no entity of the registry";
const attribute = (types: Rule, required: Rule) => object({ "description?": text, type: types, "value?": text, required });

const metadata = object(
  {
    specversion: object({ type: oneOf("string"), value: oneOf("1.0"), required: isTrue }),
    id: attribute(oneOf("string", "uritemplate"), isTrue),
    type: attribute(oneOf("string"), isTrue),
    source: attribute(oneOf("string", "uritemplate"), isTrue),
    "subject?": attribute(oneOf("string", "uritemplate"), yesOrNo),
    "time?": attribute(oneOf("timestamp"), yesOrNo),
  },
  attribute(oneOf("string", "boolean", "integer", "timestamp", "binary", "uri", "urireference", "uritemplate"), yesOrNo),
);

const message = object({
  messageid: text,
  "name?": text,
  "labels?": object({}, text),
  envelope: oneOf("CloudEvents/1.0"),
  envelopemetadata: metadata,
  protocol: oneOf("KAFKA"),
  protocoloptions: object({ "topic?": text, "key?": text, "headers?": anything }),
  dataschemaformat: format,
  "dataschemauri?": text,
  "dataschemaxid?": xid(/^\/schemagroups\/[^/]+\/schemas\/[^/]+$/),
  datacontenttype: text,
});

const endpoint = object({
  endpointid: text,
  usage: listOf(oneOf("subscriber", "consumer", "producer")),
  "channel?": text,
  envelope: oneOf("CloudEvents/1.0"),
  "envelopeoptions?": object({ "mode?": oneOf("binary", "structured"), "format?": text }),
  protocol: oneOf("KAFKA"),
  protocoloptions: object({ topic: text, "key?": text, "consumergroup?": text }),
  messagegroups: listOf(xid(/^\/messagegroups\/[^/]+$/)),
});

const version = object({ schemaid: text, versionid: text, format, schema: anything });

type Collection = Record<string, Record<string, unknown>>;

/** Everything by which a document breaks them. */
export function xRegistryProblems(document: Record<string, unknown>): string[] {
  const problems: string[] = [];
  const look = (where: string, rule: Rule, value: unknown): void => {
    const problem = rule(value);
    if (problem !== null) problems.push(`${where} ${problem}`);
  };
  /** Keys are ids: of the characters that an id has, the same as what stands in the entity, and different in more than their case. */
  const each = (
    where: string,
    id: string,
    found: unknown,
    entity: (where: string, value: Record<string, unknown>) => void,
  ): void => {
    const seen = new Set<string>();
    for (const [key, value] of Object.entries((found ?? {}) as Collection)) {
      if (!/^[A-Za-z0-9_][A-Za-z0-9._~:@-]{0,127}$/.test(key)) problems.push(`${where}/${key} is no id`);
      if (value[id] !== key) problems.push(`${where}/${key} says that its ${id} is ${JSON.stringify(value[id])}`);
      if (seen.has(key.toLowerCase())) problems.push(`${where}/${key} is there twice, but for its case`);
      seen.add(key.toLowerCase());
      entity(`${where}/${key}`, value);
    }
  };
  const there = (path: unknown): boolean =>
    String(path)
      .slice(1)
      .split("/")
      .reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], document) !== undefined;
  const names = {
    specversion: oneOf("1.0-rc2"),
    registryid: text,
    endpoints: anything,
    messagegroups: anything,
    schemagroups: anything,
  };
  look("the registry", object(names), document);
  each("/endpoints", "endpointid", document["endpoints"], (where, value) => {
    look(where, endpoint, value);
    for (const group of (value["messagegroups"] ?? []) as unknown[])
      if (!there(group)) problems.push(`${where} names ${String(group)}, which is not there`);
  });
  each("/messagegroups", "messagegroupid", document["messagegroups"], (where, group) => {
    look(
      where,
      object({ messagegroupid: text, "envelope?": oneOf("CloudEvents/1.0"), "protocol?": text, messages: anything }),
      group,
    );
    each(`${where}/messages`, "messageid", group["messages"], (at, value) => {
      look(at, message, value);
      if (!there(value["dataschemaxid"])) problems.push(`${at} names ${String(value["dataschemaxid"])}, which is not there`);
    });
  });
  each("/schemagroups", "schemagroupid", document["schemagroups"], (where, group) => {
    look(where, object({ schemagroupid: text, schemas: anything }), group);
    each(`${where}/schemas`, "schemaid", group["schemas"], (at, value) => {
      look(at, object({ schemaid: text, versions: anything }), value);
      each(`${at}/versions`, "versionid", value["versions"], (of, one) => look(of, version, one));
    });
  });
  return problems;
}
