import type { PublishedContract } from "throughline/system-topics";
import type { EventType } from "./catalogue.ts";

const ceHeaders = {
  type: "object",
  properties: {
    ce_specversion: { const: "1.0" },
    ce_id: { type: "string" },
    ce_source: { type: "string" },
    ce_subject: { type: "string" },
    ce_time: { type: "string", format: "date-time" },
    ce_correlationid: { type: "string" },
    ce_causationid: { type: "string" },
    ce_tenantid: { type: "string" },
    ce_sequence: { type: "string", description: "The event's place in the history of its subject." },
  },
} as const;

/** What of a name may stand in an identifier of AsyncAPI. */
const idOf = (name: string): string => name.replaceAll(/[^\w.-]/g, "_");
const pointerTo = (...names: readonly string[]): { $ref: string } => ({
  $ref: `#/${names.map((name) => name.replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}`,
});

/**
 * The catalogue as one AsyncAPI 3.0 document: a channel for each topic, a message for each version of a type, and what each service sends
 * and receives.
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0
 */
export function asyncApiOf(types: readonly EventType[]): Record<string, unknown> {
  const channels: Record<string, { address: string; messages: Record<string, unknown> }> = {};
  const messages: Record<string, unknown> = {};
  const operations: Record<string, unknown> = {};
  for (const { type, versions, readers, owner } of types) {
    for (const { version, contract, publishers } of versions) {
      const message = idOf(`${type}.v${version}`);
      const channel = idOf(contract.stream);
      messages[message] = messageOf(contract, owner);
      channels[channel] ??= { address: contract.stream, messages: {} };
      channels[channel].messages[message] = pointerTo("components", "messages", message);
      const about = { channel: pointerTo("channels", channel), messages: [pointerTo("channels", channel, "messages", message)] };
      for (const service of publishers)
        operations[idOf(`${service}.sends.${message}`)] = { action: "send", ...about, tags: [{ name: service }] };
      for (const reader of readers)
        if (reader.version === version || reader.lifts.includes(version))
          operations[idOf(`${reader.service}.${reader.handler}.receives.${message}`)] = {
            action: "receive",
            ...about,
            tags: [{ name: reader.service }],
          };
    }
  }
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Events",
      version: "1.0.0",
      description: "What services announce that they publish and read, from their event log.",
    },
    defaultContentType: "application/json",
    channels,
    operations,
    components: { messages },
  };
}

function messageOf(contract: PublishedContract, owner: string | null): Record<string, unknown> {
  const { type, version, subject, schema, personal = [], encoding } = contract;
  return {
    name: type,
    title: `${type}, version ${version}`,
    contentType:
      encoding == null ? "application/json" : encoding.schemaType === "AVRO" ? "avro/binary" : "application/x-protobuf",
    headers: {
      ...ceHeaders,
      properties: { ...ceHeaders.properties, ce_type: { const: type } },
      required: ["ce_id", "ce_source", "ce_type"],
    },
    correlationId: { location: "$message.header#/ce_correlationid" },
    payload: { schemaFormat: formatOf(schema), schema },
    bindings: { kafka: { key: { type: "string", description: `The subject: ${subject}.` }, bindingVersion: "0.5.0" } },
    ...(owner === null ? {} : { tags: [{ name: `owner: ${owner}` }] }),
    "x-personal": personal,
    ...(encoding == null ? {} : { "x-written-as": encoding }),
  };
}

const formatOf = (schema: PublishedContract["schema"]): string =>
  typeof schema["$schema"] === "string" && schema["$schema"].includes("draft-07")
    ? "application/schema+json;version=draft-07"
    : "application/schema+json;version=2020-12";
