import type { EventType } from "./catalogue.ts";

/** What of a name may stand in an id of xRegistry. */
const idOf = (name: string): string => name.replaceAll(/[^\w.@:-]/g, "_").slice(0, 128);

/**
 * The catalogue as a CloudEvents registry: an endpoint for each topic, a group of messages for each, a message for each type, and the
 * schemas of their versions.
 * @see https://github.com/xregistry/spec
 */
export function xRegistryOf(types: readonly EventType[]): Record<string, unknown> {
  const endpoints: Record<string, unknown> = {};
  const messagegroups: Record<string, { messagegroupid: string; envelope: string; messages: Record<string, unknown> }> = {};
  const schemagroups: Record<string, { schemagroupid: string; schemas: Record<string, unknown> }> = {};
  for (const { type, versions, publishers, owner } of types) {
    const newest = versions.at(-1);
    if (newest === undefined) continue;
    const { stream, subject } = newest.contract;
    const group = idOf(stream);
    const id = idOf(type);
    endpoints[group] ??= {
      endpointid: group,
      usage: ["consumer"],
      envelope: "CloudEvents/1.0",
      envelopeoptions: { mode: "binary", format: "application/json" },
      protocol: "KAFKA",
      protocoloptions: { options: { topic: stream } },
      messagegroups: [`/messagegroups/${group}`],
    };
    messagegroups[group] ??= { messagegroupid: group, envelope: "CloudEvents/1.0", messages: {} };
    messagegroups[group].messages[id] = {
      messageid: id,
      name: type,
      ...(owner === null ? {} : { labels: { owner } }),
      envelope: "CloudEvents/1.0",
      envelopemetadata: {
        specversion: { value: "1.0" },
        id: { type: "string", required: true },
        type: { type: "string", value: type, required: true },
        source: { type: "uritemplate", required: true, ...(publishers.length === 1 ? { value: publishers[0] } : {}) },
        subject: { type: "string", description: subject },
        time: { type: "timestamp" },
        correlationid: { type: "string" },
        causationid: { type: "string" },
        dataversion: { type: "string" },
      },
      protocol: "KAFKA",
      protocoloptions: { key: `{${subject}}` },
      dataschemaformat: "JsonSchema/draft-2020-12",
      datacontenttype: "application/json",
      dataschemauri: `/schemagroups/${group}/schemas/${id}`,
    };
    schemagroups[group] ??= { schemagroupid: group, schemas: {} };
    schemagroups[group].schemas[id] = {
      schemaid: id,
      versions: Object.fromEntries(
        versions.map(({ version, contract }) => [
          String(version),
          { schemaid: id, versionid: String(version), format: "JsonSchema/draft-2020-12", schema: contract.schema },
        ]),
      ),
    };
  }
  return { specversion: "1.0-rc2", registryid: "throughline", endpoints, messagegroups, schemagroups };
}
