import type { JsonSchema } from "../contract/json-schema.ts";
import type { RegistrySchema } from "../seams/schema-registry.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { LockedContract } from "./contracts-lock.ts";
import { publisherSchema, readerSchema } from "./schema-forms.ts";

/** What a registered schema says of its contract, under `x-throughline`, so that others can make a contract of it. */
export interface ContractFacts {
  readonly type: string;
  readonly version: number;
  readonly service: string;
  readonly owner: string | null;
  readonly stream: string;
  readonly subject: string;
  readonly tenant: string | null;
  readonly personal: readonly string[];
  readonly description: string | null;
}

/** An annotation to JSON Schema, and metadata to Avro: neither reads it. */
export const factsKeyword = "x-throughline";

/**
 * A contract as it is registered. Of JSON that is the form for readers: serializers of other languages take the registered
 * schema to check what they read, and would else refuse each event that has a property more than it names
 * ([decision 23](../../../../docs/decisions/0023-contracts-lock.md)).
 */
export function registeredForm(
  type: string,
  version: number,
  {
    data,
    encoding,
    service,
    owner,
    stream,
    subject,
    tenant,
    personal,
    description,
  }: Omit<LockedContract, "published" | "registered" | "before" | "registrySubject" | "compacted">,
): RegistrySchema {
  if (encoding?.schemaType === "PROTOBUF") return encoding;
  const facts: ContractFacts = { type, version, service, owner, stream, subject, tenant, personal, description };
  if (encoding === null) return { schemaType: "JSON", schema: text({ ...readerSchema(data), [factsKeyword]: facts }) };
  const avro: unknown = JSON.parse(encoding.schema);
  // Only a record has room for more than its type.
  const isRecord = typeof avro === "object" && avro !== null && !Array.isArray(avro);
  return { schemaType: "AVRO", schema: isRecord ? text({ ...avro, [factsKeyword]: facts }) : encoding.schema };
}

/** The facts in a registered schema; null where others registered it, or wrote something else there. */
export function registeredFacts({ schemaType, schema }: RegistrySchema): ContractFacts | null {
  if (schemaType === "PROTOBUF") return null;
  const facts = (JSON.parse(schema) as { [factsKeyword]?: Partial<ContractFacts> } | null)?.[factsKeyword];
  if (typeof facts !== "object" || facts === null) return null;
  const { type, version, service, owner, stream, subject, tenant, personal, description } = facts;
  const areTexts = [type, service, stream, subject].every((each) => typeof each === "string");
  const areTextsOrNull = [owner, tenant, description].every((each) => each === null || typeof each === "string");
  const arePaths = Array.isArray(personal) && personal.every((each) => typeof each === "string");
  return areTexts && areTextsOrNull && arePaths && Number.isSafeInteger(version) ? (facts as ContractFacts) : null;
}

/** The publishers' schema of what was registered as JSON. */
export function registeredData({ schema }: RegistrySchema): JsonSchema {
  const parsed: unknown = JSON.parse(schema);
  // A schema may be `true`, which says nothing.
  const { [factsKeyword]: _, ...rest } = (typeof parsed === "object" && parsed !== null ? parsed : {}) as JsonSchema;
  return canonicalJson(publisherSchema(rest));
}

const text = (value: unknown): string => JSON.stringify(canonicalJson(value));
