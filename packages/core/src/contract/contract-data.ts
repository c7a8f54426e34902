import { coreError } from "../errors/index.ts";
import { declaredPart } from "./declared-data.ts";
import type { DeclaredPart } from "./declared-shape.ts";
import type { EventContract } from "./event-contract.ts";
import { loosensOneOf } from "./exclusive-branches.ts";
import { explainErrors } from "./explain-errors.ts";
import type { JsonSchema } from "./json-schema.ts";
import { openSchema } from "./open-schema.ts";
import type { Problem } from "./problem.ts";
import { isReader } from "./reader-contract.ts";
import { type SchemaDocument, schemaDocument } from "./schema-document.ts";
import { type SchemaValidator, schemaValidator } from "./schema-validator.ts";
import { escapePointer } from "./schema-structure.ts";
import { isWrittenWhole, unwrittenData } from "./unwritten-data.ts";

const publisherValidators = new WeakMap<JsonSchema, SchemaValidator>();
/** By the schemas of contracts: the schema as it was written, where the closed one may take what that refuses. */
const writtenForms = new WeakMap<JsonSchema, JsonSchema>();
/** By the schemas of contracts: what their readers check. */
const readers = new WeakMap<JsonSchema, Reader>();

interface Reader {
  readonly schema: JsonSchema;
  /** Compiled when something is first read. */
  validator: SchemaValidator | null;
  /** The same for what only a reader's contract has. */
  declared: DeclaredPart | null;
}

/**
 * Checks data as its publisher: it must match the contract, have no property that the contract does not know, and be what JSON
 * writes as it is.
 * Throws `EVENT_INVALID` with every problem in `details.problems`. Values of personal fields are in no message.
 */
export function validateForPublish<Data>(contract: EventContract<string, Data>, data: NoInfer<Data>): void {
  const isWhole = isWrittenWhole(data);
  const problems = problemsOf(contract, publisherValidator(contract.schema), data, isWhole);
  const written = writtenForms.get(contract.schema);
  if (written !== undefined && problems.length === 0)
    problems.push(...problemsOf(contract, publisherValidator(written), data, isWhole));
  const unwritten = isWhole ? [] : unwrittenData(data, contract.personal);
  if (unwritten.length > 0) {
    // What the schema says of a place says more.
    const told = new Set(problems.map(({ pointer }) => pointer));
    problems.push(...unwritten.filter(({ pointer }) => !told.has(pointer)));
  }
  for (const name of [contract.subject, contract.tenant]) {
    const message = name === null ? null : problemOfId(name, data);
    if (message !== null) problems.push({ pointer: `/${escapePointer(name as string)}`, message });
  }
  if (problems.length > 0) throw invalid(contract, contract.version, problems);
}

/**
 * Makes data of any version up to the contract's into data of the contract's version, and checks it as a reader: properties
 * that the contract does not know are ignored, and stay; of a reader's contract they are taken out.
 * Throws `EVENT_VERSION_UNKNOWN` when the data is newer than the contract, else `EVENT_INVALID`.
 * @param dataVersion What the event says of itself; null, when it says nothing, is version 1.
 * @param json Parsed JSON; it is not changed.
 * @param settle What else makes lifted data of what an encoding held.
 */
export function readData<Data>(
  contract: EventContract<string, Data>,
  dataVersion: number | null,
  json: unknown,
  settle: (lifted: unknown) => unknown = (lifted) => lifted,
): Data {
  const version = dataVersion ?? 1;
  if (version > contract.version)
    throw coreError("EVENT_VERSION_UNKNOWN", { type: contract.type, version, known: contract.version });
  // An event whose content type is not JSON has bytes for data, and its fields would all be "missing".
  if (json instanceof Uint8Array)
    throw invalid(contract, version, [
      { pointer: "", message: "must be JSON, but the event's content type says that it is not" },
    ]);
  try {
    const data = settle(version === contract.version ? json : lift(contract, version, json));
    const problems = problemsOf(contract, readerValidator(contract.schema), data);
    if (problems.length > 0) throw invalid(contract, version, problems);
    return (isReader(contract) ? declaredOf(contract.schema)(data) : data) as Data;
  } catch (error) {
    if (error instanceof RangeError) throw invalid(contract, version, [tooDeep]);
    throw error;
  }
}

/** What ends the stack of whoever walks through it. */
const tooDeep: Problem = { pointer: "", message: "must not be nested that deeply" };

/** The aggregate's id in valid data: the event's subject. */
export function subjectOf<Data>(contract: EventContract<string, Data>, data: NoInfer<Data>): string {
  return String((data as Readonly<Record<string, unknown>>)[contract.subject]);
}

/** The tenant's id in valid data; null when the contract names none or the data has none. */
export function tenantOf<Data>(contract: EventContract<string, Data>, data: NoInfer<Data>): string | null {
  const tenant =
    contract.tenant === null
      ? undefined
      : (data as Readonly<Record<string, string | number | null | undefined>>)[contract.tenant];
  return tenant === undefined || tenant === null ? null : String(tenant);
}

/** Compiles the schema when it is first asked for. Throws Ajv's error for a schema that cannot be compiled. */
export function publisherValidator(schema: JsonSchema): SchemaValidator {
  let validator = publisherValidators.get(schema);
  if (validator === undefined) publisherValidators.set(schema, (validator = schemaValidator(schema)));
  return validator;
}

/** Compiles what publishers are held to: the schema closed, and where that is no stricter in all, as it was written. Throws as above. */
export function compiledForPublish(closed: JsonSchema, document: SchemaDocument): void {
  publisherValidator(closed);
  if (!loosensOneOf(document)) return;
  publisherValidator(document.root);
  writtenForms.set(closed, document.root);
}

/** What a consumer with this contract checks: its schema without the refusals of unknown properties. */
export function readerSchema({ schema }: Pick<EventContract, "schema">): JsonSchema {
  return readerOf(schema).schema;
}

/** Compiles a schema for readers when it is first asked for. Throws Ajv's error for a schema that cannot be compiled. */
export function readerValidator(schema: JsonSchema): SchemaValidator {
  const reader = readerOf(schema);
  return (reader.validator ??= schemaValidator(reader.schema));
}

function readerOf(schema: JsonSchema): Reader {
  let reader = readers.get(schema);
  if (reader === undefined) {
    reader = { schema: openSchema(schemaDocument(schema)), validator: null, declared: null };
    readers.set(schema, reader);
  }
  return reader;
}

function declaredOf(contractSchema: JsonSchema): DeclaredPart {
  const reader = readerOf(contractSchema);
  return (reader.declared ??= declaredPart(schemaDocument(reader.schema), readerValidator(contractSchema)));
}

function problemsOf({ personal }: EventContract, validator: SchemaValidator, data: unknown, isPlain?: boolean): Problem[] {
  const errors = validator.errors(data, isPlain);
  return errors.length === 0 ? [] : explainErrors(errors, validator, personal);
}

/** What the schema need not say: an id becomes a header and the record's key, and must stay itself as UTF-8. */
function problemOfId(name: string, data: unknown): string | null {
  const id: unknown = typeof data === "object" && data !== null ? (data as Readonly<Record<string, unknown>>)[name] : undefined;
  if (id === "") return "must not be empty, for it is an id";
  return typeof id === "string" && !id.isWellFormed() ? "must be well-formed Unicode, for it is an id" : null;
}

function lift(contract: EventContract, fromVersion: number, json: unknown): unknown {
  let data = structuredClone(json);
  for (let version = fromVersion; version < contract.version; version++) {
    const upcast = contract.upcast[version];
    if (upcast === undefined) continue;
    try {
      data = upcast(data);
    } catch (error) {
      // The text of the error may quote the data.
      const reason = contract.personal.length > 0 ? (error as Error)?.name : String(error);
      const message = `cannot be lifted from version ${version} to ${version + 1}: ${reason}`;
      throw coreError(
        "EVENT_INVALID",
        { type: contract.type, version: fromVersion, problems: [{ pointer: "", message }] },
        error,
      );
    }
  }
  return data;
}

function invalid({ type }: EventContract, version: number, problems: readonly Problem[]): Error {
  return coreError("EVENT_INVALID", { type, version, problems });
}
