import type {
  RegistryCompatibility,
  RegistryLevel,
  RegistryReason,
  RegistrySchema,
  RegistrySchemaType,
  RegistryVerdict,
  RegistryVersion,
  SchemaRegistry,
} from "throughline/seams";
import { registryClientError } from "../errors/catalogue.ts";
import { registryAddress, type RegistryCredentials } from "./registry-address.ts";
import { type RegistryAnswer, RegistryRequests } from "./registry-requests.ts";

export interface SchemaRegistryOptions {
  /** `http://host:8081`; a path may follow, as of a context. Default: `THROUGHLINE_REGISTRY`. */
  readonly url?: string | undefined;
  /** Default: `THROUGHLINE_REGISTRY_USER` and `…_PASSWORD`, or `…_TOKEN`, the secrets also as `…_FILE`; or those in the address. */
  readonly credentials?: RegistryCredentials | undefined;
  /** Of one request. Default: 10,000. */
  readonly timeoutMs?: number;
  /** Waits between tries while the registry is away. Default: 200 ms, 1 s. */
  readonly retryDelaysMs?: readonly number[];
  /** Ends what is asked, as an error. */
  readonly signal?: AbortSignal | undefined;
  /** Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * A schema registry over Confluent's REST API (v7): ours, or any that speaks it. Nothing is asked until the first call, and there
 * is nothing to close.
 * Throws `REGISTRY_ADDRESS_INVALID` and `REGISTRY_CREDENTIALS_INVALID`.
 * @example
 *   const registry = openSchemaRegistry({ url: "http://127.0.0.1:8081" });
 *   const { id } = await registry.register("order.completed.v1", { schemaType: "JSON", schema: JSON.stringify(schema) });
 */
export function openSchemaRegistry(options: SchemaRegistryOptions = {}): SchemaRegistry {
  const { timeoutMs = 10_000, retryDelaysMs = [200, 1_000], signal, env = process.env } = options;
  const address = registryAddress(options, env);
  return new RegistryClient(address.url, new RegistryRequests(address, { timeoutMs, retryDelaysMs, signal }));
}

class RegistryClient implements SchemaRegistry {
  readonly url: string;
  readonly #requests: RegistryRequests;

  constructor(url: string, requests: RegistryRequests) {
    this.url = url;
    this.#requests = requests;
  }

  async register(subject: string, schema: RegistrySchema): Promise<RegistryVersion> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions?normalize=true`;
    const answer = await this.#requests.send("POST", path, requestOf(schema));
    if (!answer.ok && answer.status === 409) {
      const { reasons } = await this.check(subject, schema);
      const told = reasons.length > 0 ? reasons : [{ message: answer.message }];
      throw registryClientError("REGISTRY_SCHEMA_REFUSED", { subject, reasons: told });
    }
    const { id } = this.#body<{ id: number }>(answer, path, subject);
    // The answer of older servers is the id alone.
    const found = await this.lookUp(subject, schema);
    if (found !== null) return found;
    const newest = await this.bySubject(subject, "latest");
    if (newest?.id === id) return newest;
    throw registryClientError("REGISTRY_REQUEST_FAILED", {
      url: `${this.url}${path}`,
      status: 200,
      code: 0,
      what: `it gave the id ${id}, and the subject does not have the schema; somebody may have deleted it meanwhile`,
    });
  }

  async byId(id: number): Promise<RegistrySchema | null> {
    const path = `/schemas/ids/${id}`;
    const found = this.#found<ShownSchema>(await this.#requests.send("GET", path), path);
    return found === null ? null : schemaOf(found);
  }

  async bySubject(subject: string, version: number | "latest"): Promise<RegistryVersion | null> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
    const found = this.#found<ShownVersion>(await this.#requests.send("GET", path), path);
    return found === null ? null : versionOf(found);
  }

  async subjects(prefix: string): Promise<readonly string[]> {
    const path = `/subjects?subjectPrefix=${encodeURIComponent(prefix)}`;
    const all = this.#body<string[]>(await this.#requests.send("GET", path), path, "");
    // Older servers do not know the prefix, and answer with all.
    return all.filter((subject) => subject.startsWith(prefix));
  }

  async versions(subject: string): Promise<readonly number[]> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const found = this.#found<number[]>(await this.#requests.send("GET", path), path);
    return (found ?? []).toSorted((a, b) => a - b);
  }

  async lookUp(subject: string, schema: RegistrySchema): Promise<RegistryVersion | null> {
    const path = `/subjects/${encodeURIComponent(subject)}?normalize=true`;
    const found = this.#found<ShownVersion>(await this.#requests.send("POST", path, requestOf(schema)), path, subject);
    // What was asked for is what is there; the server may answer with its own way of writing it.
    return found === null ? null : versionOf(found);
  }

  async check(subject: string, schema: RegistrySchema): Promise<RegistryVerdict> {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions?verbose=true&normalize=true`;
    const answer = await this.#requests.send("POST", path, requestOf(schema));
    const found = this.#found<ShownVerdict>(answer, path, subject);
    // Some servers say that a subject is not there, where any schema may be the first.
    if (found === null || found.is_compatible) return { isCompatible: true, reasons: [] };
    return { isCompatible: false, reasons: reasonsOf(found) };
  }

  async setCompatibility(subject: string, { level, policy }: RegistryCompatibility): Promise<RegistryCompatibility> {
    const path = `/config/${encodeURIComponent(subject)}`;
    const wanted = { compatibility: level, ...(policy === null ? {} : { compatibilityPolicy: policy }) };
    this.#body(await this.#requests.send("PUT", path, wanted), path, subject);
    const now = this.#body<ShownConfig>(await this.#requests.send("GET", path), path, subject);
    return { level: now.compatibilityLevel, policy: now.compatibilityPolicy ?? null };
  }

  /** Null for what the registry says is not there. */
  #found<Body>(answer: RegistryAnswer, path: string, subject = ""): Body | null {
    return !answer.ok && answer.status === 404 ? null : this.#body<Body>(answer, path, subject);
  }

  #body<Body>(answer: RegistryAnswer, path: string, subject: string): Body {
    if (answer.ok) return answer.body as Body;
    const { status, code, message } = answer;
    if (code === 42201) throw registryClientError("REGISTRY_SCHEMA_INVALID", { subject, what: message });
    throw registryClientError("REGISTRY_REQUEST_FAILED", { url: `${this.url}${path}`, status, code, what: message });
  }
}

/** As the API writes it: what is left out is Avro. */
interface ShownSchema {
  readonly schemaType?: RegistrySchemaType;
  readonly schema: string;
  readonly references?: RegistrySchema["references"];
}

interface ShownVersion extends ShownSchema {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
}

interface ShownVerdict {
  readonly is_compatible: boolean;
  readonly messages?: readonly string[];
  /** Only ours has them. */
  readonly differences?: readonly RegistryReason[];
}

interface ShownConfig {
  readonly compatibilityLevel: RegistryLevel;
  readonly compatibilityPolicy?: "STRICT" | "LENIENT";
}

function requestOf({ schemaType, schema, references = [] }: RegistrySchema): object {
  return { schema, ...(schemaType === "AVRO" ? {} : { schemaType }), ...(references.length === 0 ? {} : { references }) };
}

function schemaOf({ schemaType = "AVRO", schema, references = [] }: ShownSchema): RegistrySchema {
  return { schemaType, schema, ...(references.length === 0 ? {} : { references }) };
}

function versionOf(shown: ShownVersion): RegistryVersion {
  return { subject: shown.subject, version: shown.version, id: shown.id, ...schemaOf(shown) };
}

function reasonsOf({ differences = [], messages = [] }: ShownVerdict): readonly RegistryReason[] {
  if (differences.length > 0)
    return differences.map(({ message, kind, path, pointer, direction, version }) => ({
      message,
      ...(kind === undefined ? {} : { kind }),
      ...(path === undefined ? {} : { path }),
      ...(pointer === undefined ? {} : { pointer }),
      ...(direction === undefined ? {} : { direction }),
      ...(version === undefined ? {} : { version }),
    }));
  if (messages.length > 0) return messages.map((message) => ({ message }));
  return [{ message: "it gives no reason; a newer server does" }];
}
