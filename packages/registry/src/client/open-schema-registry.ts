import type { RegistryCompatibility, RegistrySchema, RegistryVerdict, RegistryVersion, SchemaRegistry } from "throughline/seams";
import { registryClientError } from "../errors/catalogue.ts";
import {
  type AnswerReader,
  anything,
  compatibilityOf,
  idOf,
  numbersOf,
  schemaOf,
  textsOf,
  verdictOf,
  versionOf,
} from "./registry-answers.ts";
import { registryAddress, type RegistryCredentials } from "./registry-address.ts";
import { type RegistryAnswer, RegistryRequests } from "./registry-requests.ts";

export interface SchemaRegistryOptions {
  /** `http://host:8081`; a path may follow, as of a context. Default: `THROUGHLINE_REGISTRY`. */
  readonly url?: string | undefined;
  /** Default: `THROUGHLINE_REGISTRY_USER` and `…_PASSWORD`, or `…_TOKEN`, the secrets also as `…_FILE`; or those in the address. */
  readonly credentials?: RegistryCredentials | undefined;
  /** Of one call, in which it may be asked again. Default: 10,000. */
  readonly timeoutMs?: number;
  /** Waits between tries while the registry is away. Default: 200 ms, 1 s. */
  readonly retryDelaysMs?: readonly number[];
  /** Ends what is asked, as an error. */
  readonly signal?: AbortSignal | undefined;
  /** Sends requests. Default: the `fetch` of the process. */
  readonly fetch?: (url: string, request: RequestInit) => Promise<Response>;
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
  const { timeoutMs = 10_000, retryDelaysMs = [200, 1_000], signal, env = process.env, fetch: send = fetch } = options;
  const address = registryAddress(options, env);
  return new RegistryClient(address.url, new RegistryRequests(address, { timeoutMs, retryDelaysMs, signal, send }));
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
    const id = this.#body(idOf, answer, path, subject);
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
    return this.#found(schemaOf, await this.#requests.send("GET", path), path);
  }

  async bySubject(subject: string, version: number | "latest"): Promise<RegistryVersion | null> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
    return this.#found(versionOf, await this.#requests.send("GET", path), path);
  }

  async subjects(prefix: string): Promise<readonly string[]> {
    const path = `/subjects?subjectPrefix=${encodeURIComponent(prefix)}`;
    const all = this.#body(textsOf, await this.#requests.send("GET", path), path, "");
    // Older servers do not know the prefix, and answer with all.
    return all.filter((subject) => subject.startsWith(prefix));
  }

  async versions(subject: string): Promise<readonly number[]> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const found = this.#found(numbersOf, await this.#requests.send("GET", path), path);
    return (found ?? []).toSorted((a, b) => a - b);
  }

  async lookUp(subject: string, schema: RegistrySchema): Promise<RegistryVersion | null> {
    const path = `/subjects/${encodeURIComponent(subject)}?normalize=true`;
    // What was asked for is what is there; the server may answer with its own way of writing it.
    return this.#found(versionOf, await this.#requests.send("POST", path, requestOf(schema)), path, subject);
  }

  async check(subject: string, schema: RegistrySchema): Promise<RegistryVerdict> {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions?verbose=true&normalize=true`;
    const answer = await this.#requests.send("POST", path, requestOf(schema));
    // Some servers say that a subject is not there, where any schema may be the first.
    return this.#found(verdictOf, answer, path, subject) ?? { isCompatible: true, reasons: [] };
  }

  async setCompatibility(subject: string, { level, policy }: RegistryCompatibility): Promise<RegistryCompatibility> {
    const path = `/config/${encodeURIComponent(subject)}`;
    const wanted = { compatibility: level, ...(policy === null ? {} : { compatibilityPolicy: policy }) };
    this.#body(anything, await this.#requests.send("PUT", path, wanted), path, subject);
    return this.#body(compatibilityOf, await this.#requests.send("GET", path), path, subject);
  }

  /** Null for what the registry says is not there. */
  #found<Answer>(read: AnswerReader<Answer>, answer: RegistryAnswer, path: string, subject = ""): Answer | null {
    return !answer.ok && answer.status === 404 ? null : this.#body(read, answer, path, subject);
  }

  #body<Answer>(read: AnswerReader<Answer>, answer: RegistryAnswer, path: string, subject: string): Answer {
    const url = `${this.url}${path}`;
    if (answer.ok) {
      const body = read(answer.body);
      if (body !== null) return body;
      const what = `it answers with ${JSON.stringify(answer.body).slice(0, 60)} where a registry has another answer`;
      throw registryClientError("REGISTRY_NOT_THERE", { url, what });
    }
    const { status, code, message } = answer;
    if (code === 42201) throw registryClientError("REGISTRY_SCHEMA_INVALID", { subject, what: message });
    throw registryClientError("REGISTRY_REQUEST_FAILED", { url, status, code, what: message });
  }
}

function requestOf({ schemaType, schema, references = [] }: RegistrySchema): object {
  return { schema, ...(schemaType === "AVRO" ? {} : { schemaType }), ...(references.length === 0 ? {} : { references }) };
}
