import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import type { JsonSchema } from "../contract/json-schema.ts";
import type { NewRecord } from "../seams/event-log.ts";
import { servicesTopic } from "./topic-names.ts";

/** What a service publishes, and what each of its handlers reads: its side of every agreement it has with others. */
export interface ServiceContracts {
  readonly publishes: readonly PublishedContract[];
  readonly handlers: readonly HandlerContracts[];
}

interface ContractFacts {
  readonly type: string;
  readonly version: number;
  readonly stream: string;
  readonly subject: string;
  readonly tenant: string | null;
  /** Paths of the properties that hold personal data. Absent where the service's code does not tell: then nobody knows. */
  readonly personal?: readonly string[];
  /** How its data is written, and read, where that is not JSON. */
  readonly encoding?: { readonly schemaType: "AVRO" | "PROTOBUF"; readonly schema: string } | null;
}

export interface PublishedContract extends ContractFacts {
  readonly compacted: boolean;
  /** What its data must match to be published: unknown properties are refused. */
  readonly schema: JsonSchema;
}

export interface HandlerContracts {
  readonly name: string;
  readonly order: "sequential" | "latest" | "any";
  readonly reads: readonly ReadContract[];
}

export interface ReadContract extends ContractFacts {
  /** What data must match to be handled: unknown properties are ignored. */
  readonly schema: JsonSchema;
  /** The versions that an upcaster of the contract lifts. */
  readonly lifts: readonly number[];
  /** Its records are no events of ours: nobody publishes them by a contract. */
  readonly adopted: boolean;
}

/** A service's contracts, as a record of its own that announcements name by its hash. */
export interface ContractsAnnouncement {
  readonly service: string;
  /** Of what it says, so that the same is said once. */
  readonly hash: string;
  readonly contracts: ServiceContracts;
}

interface Content {
  readonly publishes: readonly (Omit<PublishedContract, "schema"> & { readonly schema: string })[];
  readonly handlers: readonly (Omit<HandlerContracts, "reads"> & {
    readonly reads: readonly (Omit<ReadContract, "schema"> & { readonly schema: string })[];
  })[];
  /** By their hashes, for several handlers may read the same. */
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

/** Records beyond this are packed, for logs take no large ones. */
const plainBytes = 64 * 1024;
/** Nothing legitimate is larger when it is unpacked. */
const mostBytes = 64 * 1024 * 1024;

export const contractsKey = (service: string, hash: string): string => `${service}/contracts/${hash}`;

/** Names what a service has to say of its contracts: the same content, in whatever order it is given, has the same hash. */
export function announcedContracts(service: string, contracts: ServiceContracts): ContractsAnnouncement {
  const sorted: ServiceContracts = {
    publishes: contracts.publishes.toSorted((a, b) => compared(a.type, b.type) || a.version - b.version),
    handlers: contracts.handlers
      .map((handler) => ({ ...handler, reads: handler.reads.toSorted((a, b) => compared(a.type, b.type)) }))
      .toSorted((a, b) => compared(a.name, b.name)),
  };
  return { service, hash: hashOf(contentOf(sorted)), contracts: sorted };
}

export function contractsRecord({ service, hash, contracts }: ContractsAnnouncement): NewRecord {
  const content = contentOf(contracts);
  const plain = JSON.stringify({ kind: "contracts", service, hash, ...content });
  const value =
    plain.length <= plainBytes
      ? plain
      : JSON.stringify({ kind: "contracts", service, hash, gzip: gzipSync(JSON.stringify(content)).toString("base64") });
  return {
    topic: servicesTopic,
    key: Buffer.from(contractsKey(service, hash)),
    value: Buffer.from(value),
    headers: [["content-type", Buffer.from("application/json")]],
  };
}

/**
 * The contracts in a record of the services' topic; null for another record, and for one whose content is not what its hash says.
 * Throws for what is no JSON.
 */
export function readContracts(value: Uint8Array | null): ContractsAnnouncement | null {
  const found = value === null ? null : (JSON.parse(Buffer.from(value).toString()) as Record<string, unknown> | null);
  if (found === null || found["kind"] !== "contracts") return null;
  const { service, hash, gzip, publishes, handlers, schemas } = found;
  const content = (
    typeof gzip === "string"
      ? JSON.parse(gunzipSync(Buffer.from(gzip, "base64"), { maxOutputLength: mostBytes }).toString())
      : { publishes, handlers, schemas }
  ) as Content;
  if (typeof service !== "string" || typeof hash !== "string" || hashOf(content) !== hash) return null;
  const whole = <Part extends { readonly schema: string }>(part: Part): Omit<Part, "schema"> & { schema: JsonSchema } => ({
    ...part,
    schema: content.schemas[part.schema] ?? {},
  });
  return {
    service,
    hash,
    contracts: {
      publishes: content.publishes.map(whole),
      handlers: content.handlers.map((handler) => ({ ...handler, reads: handler.reads.map(whole) })),
    },
  };
}

function contentOf({ publishes, handlers }: ServiceContracts): Content {
  const schemas: Record<string, JsonSchema> = {};
  const byHash = <Part extends { readonly schema: JsonSchema }>(part: Part): Omit<Part, "schema"> & { schema: string } => {
    const hash = hashOf(part.schema);
    schemas[hash] = part.schema;
    return { ...part, schema: hash };
  };
  return {
    publishes: publishes.map(byHash),
    handlers: handlers.map((handler) => ({ ...handler, reads: handler.reads.map(byHash) })),
    schemas,
  };
}

function hashOf(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(ordered(value)))
    .digest("hex")
    .slice(0, 32);
}

/** Objects say the same in whatever order their members stand. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .toSorted(([a], [b]) => compared(a, b))
    .map(([name, inner]) => [name, ordered(inner)]);
}

const compared = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
