import type { PublishedContract } from "throughline/system-topics";
import type { EventType } from "./catalogue.ts";

/** Ids of names: they have other characters, and what differs in its case alone is the same. */
class Ids {
  readonly #names = new Map<string, string>();

  of(name: string): string {
    const plain = name
      .replaceAll(/[^\w.@:-]/g, "_")
      .replace(/^(?!\w)/, "_")
      .slice(0, 120);
    for (let n = 1; ; n += 1) {
      const id = n === 1 ? plain : `${plain}~${n}`;
      const taken = this.#names.get(id.toLowerCase());
      if (taken === undefined) this.#names.set(id.toLowerCase(), name);
      if (taken === undefined || taken === name) return id;
    }
  }
}

/**
 * The catalogue as a CloudEvents registry: an endpoint for each topic, a group of messages for each, a message for each type, and the
 * schemas of their versions.
 * @see https://github.com/xregistry/spec
 */
export function xRegistryOf(types: readonly EventType[]): Record<string, unknown> {
  const endpoints: Record<string, unknown> = {};
  const messagegroups: Record<string, { messagegroupid: string; envelope: string; messages: Record<string, unknown> }> = {};
  const schemagroups: Record<string, { schemagroupid: string; schemas: Record<string, unknown> }> = {};
  const [groups, ids] = [new Ids(), new Ids()];
  for (const { type, versions, publishers, owner } of types) {
    const newest = versions.at(-1);
    if (newest === undefined) continue;
    const { stream, subject } = newest.contract;
    const group = groups.of(stream);
    const id = ids.of(type);
    endpoints[group] ??= {
      endpointid: group,
      usage: ["consumer"],
      envelope: "CloudEvents/1.0",
      envelopeoptions: { mode: "binary", format: "application/json" },
      protocol: "KAFKA",
      protocoloptions: { topic: stream },
      messagegroups: [`/messagegroups/${group}`],
    };
    messagegroups[group] ??= { messagegroupid: group, envelope: "CloudEvents/1.0", messages: {} };
    messagegroups[group].messages[id] = {
      messageid: id,
      name: type,
      ...(owner === null ? {} : { labels: { owner } }),
      envelope: "CloudEvents/1.0",
      envelopemetadata: {
        specversion: { type: "string", value: "1.0", required: true },
        id: { type: "string", required: true },
        type: { type: "string", value: type, required: true },
        source: { type: "uritemplate", required: true, ...(publishers.length === 1 ? { value: publishers[0] } : {}) },
        subject: { type: "uritemplate", value: `{${subject}}`, required: true },
        time: { type: "timestamp", required: false },
        correlationid: { type: "string", required: false },
        causationid: { type: "string", required: false },
        dataversion: { type: "string", required: false },
      },
      protocol: "KAFKA",
      protocoloptions: { key: `{${subject}}` },
      ...wireOf(newest.contract),
      dataschemauri: `/schemagroups/${group}/schemas/${id}`,
      dataschemaxid: `/schemagroups/${group}/schemas/${id}`,
    };
    schemagroups[group] ??= { schemagroupid: group, schemas: {} };
    schemagroups[group].schemas[id] = {
      schemaid: id,
      versions: Object.fromEntries(
        versions.map(({ version, contract }) => [
          String(version),
          { schemaid: id, versionid: String(version), ...schemaOf(contract) },
        ]),
      ),
    };
  }
  return { specversion: "1.0-rc2", registryid: "throughline", endpoints, messagegroups, schemagroups };
}

/** What stands in the record. */
const wireOf = (contract: PublishedContract): { dataschemaformat: string; datacontenttype: string } => ({
  dataschemaformat: schemaOf(contract).format,
  datacontenttype:
    contract.encoding == null
      ? "application/json"
      : contract.encoding.schemaType === "AVRO"
        ? "application/avro"
        : "application/protobuf",
});

/** The schema of the bytes; what of it JSON Schema says beside is in the catalogue. */
function schemaOf({ encoding, schema }: PublishedContract): { readonly format: string; readonly schema: unknown } {
  if (encoding?.schemaType === "AVRO") return { format: "Avro/1.12.0", schema: parsed(encoding.schema) };
  if (encoding?.schemaType === "PROTOBUF")
    return {
      format: /^\s*syntax\s*=\s*["']proto3/m.test(encoding.schema) ? "Protobuf/3" : "Protobuf/2",
      schema: encoding.schema,
    };
  const isDraft07 = typeof schema["$schema"] === "string" && schema["$schema"].includes("draft-07");
  return { format: isDraft07 ? "JsonSchema/draft-07" : "JsonSchema/draft/2020-12", schema };
}

/** Anybody may announce what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
