import type { FastifyRequest } from "fastify";
import { RegistryError } from "../registry/registry-error.ts";
import type { SchemaRequest, SchemaVersion } from "../registry/registry.ts";
import type { SchemaReference, StoredSchema } from "../registry/registry-store.ts";
import { type SubjectName, subjectNamed, written } from "../registry/subject-name.ts";

type Raw = Readonly<Record<string, unknown>>;

/** Reads what a request says, and refuses what it must not say. */
export class Asked {
  readonly #parameters: Raw;
  readonly #query: Raw;
  readonly #body: unknown;

  constructor({ params, query, body }: FastifyRequest) {
    this.#parameters = (params ?? {}) as Raw;
    this.#query = (query ?? {}) as Raw;
    this.#body = body;
  }

  get subject(): SubjectName {
    return subjectNamed(String(this.#parameters["subject"]));
  }

  /** Of a query that may name one. */
  get querySubject(): SubjectName | null {
    const text = this.text("subject");
    return text === "" ? null : subjectNamed(text);
  }

  get id(): number {
    const text = String(this.#parameters["id"]);
    if (!wholeNumber.test(text) || Number(text) > largest) throw new RegistryError("SCHEMA_NOT_FOUND", { what: `${text} ` });
    return Number(text);
  }

  get version(): number | "latest" {
    const text = String(this.#parameters["version"]);
    if (text === "latest" || text === "-1") return "latest";
    const version = Number(text);
    if (!wholeNumber.test(text) || version < 1 || version > largest)
      throw new RegistryError("INVALID_VERSION", { version: text });
    return version;
  }

  text(name: string): string {
    const value = this.#query[name];
    return typeof value === "string" ? value : "";
  }

  /** Of a name that may stand there several times. */
  texts(name: string): string[] {
    const value = this.#query[name] ?? [];
    return (Array.isArray(value) ? value : [value]).map(String);
  }

  /** A flag without a value is set, as the API has it. */
  flag(name: string): boolean {
    const value = this.#query[name];
    return value !== undefined && value !== "false";
  }

  optionalFlag(name: string): boolean | undefined {
    return this.#query[name] === undefined ? undefined : this.flag(name);
  }

  number(name: string, otherwise: number): number {
    const text = this.#query[name] === undefined ? String(otherwise) : this.text(name);
    const value = Number(text);
    if (!wholeNumber.test(text) || !Number.isSafeInteger(value))
      throw new RegistryError("BAD_REQUEST", { what: `${name} must be a whole number` });
    return value;
  }

  get body(): Raw {
    if (typeof this.#body !== "object" || this.#body === null || Array.isArray(this.#body))
      throw new RegistryError("BAD_REQUEST", { what: "the body must be a JSON object" });
    return this.#body as Raw;
  }

  get schema(): SchemaRequest {
    const { schema, schemaType, references, metadata, ruleSet } = this.body;
    if (typeof schema !== "string") throw new RegistryError("INVALID_SCHEMA", { what: '"schema" must be the text of one' });
    if (schemaType !== undefined && schemaType !== null && typeof schemaType !== "string")
      throw new RegistryError("INVALID_SCHEMA", { what: '"schemaType" must be a text' });
    return { schema, schemaType: schemaType ?? undefined, references: referencesIn(references), metadata, ruleSet };
  }

  /** The id, and the version, that an import brings along. */
  get given(): { id: number; version: number | null } | undefined {
    const { id, version } = this.body;
    // Clients say -1, or nothing, where they bring no id along, and 0 for no version.
    if (id === undefined || id === null || (typeof id === "number" && id < 0)) return undefined;
    const isVersion = version !== undefined && version !== null && !(typeof version === "number" && version <= 0);
    return { id: numberGiven("id", id), version: isVersion ? numberGiven("version", version) : null };
  }
}

/** As the API writes one, which takes no other way for the same. */
const wholeNumber = /^(?:0|-?[1-9]\d*)$/;
/** Ids and versions are numbers of 32 bits in the wire format, and to clients. */
const largest = 2_147_483_647;

/** Each is looked up by itself. */
const mostReferences = 1_000;

function numberGiven(what: "id" | "version", value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= largest) return value;
  throw new RegistryError("NOT_PERMITTED", {
    what: `The ${what} of an import must be a whole number from 1 to ${largest}, and is ${JSON.stringify(value)}`,
  });
}

function referencesIn(value: unknown): readonly SchemaReference[] {
  if (value === undefined || value === null) return [];
  const isReference = (each: unknown): boolean => {
    const { name, subject, version } = (each ?? {}) as Raw;
    return typeof name === "string" && typeof subject === "string" && Number.isInteger(version);
  };
  if (!Array.isArray(value) || !value.every(isReference))
    throw new RegistryError("INVALID_SCHEMA", { what: '"references" must be a list of {name, subject, version}' });
  if (value.length > mostReferences)
    throw new RegistryError("INVALID_SCHEMA", { what: `it has ${value.length} references, and may have ${mostReferences}` });
  return (value as SchemaReference[]).map(({ name, subject, version }) => ({ name, subject, version }));
}

/** A schema as the API answers with it: AVRO and what is empty is left out. */
export function shownSchema({ type, text, references, metadata, ruleSet }: StoredSchema): Raw {
  return {
    ...(type === "AVRO" ? {} : { schemaType: type }),
    schema: text,
    ...(references.length === 0 ? {} : { references }),
    ...(metadata === null ? {} : { metadata }),
    ...(ruleSet === null ? {} : { ruleSet }),
  };
}

export function shownVersion({ subject, version, isDeleted, schema }: SchemaVersion): Raw {
  return {
    subject: written(subject),
    version,
    id: schema.id,
    ...shownSchema(schema),
    ...(isDeleted ? { deleted: true } : {}),
  };
}
