import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkCompatibility } from "@throughline/registry";
import { defineEvent } from "throughline";
import {
  type ContractFacts,
  type ContractsLock,
  factsKeyword,
  type JsonSchema,
  type LockedContract,
  readerSchema,
  registeredFacts,
  registrySubjectOf,
} from "throughline/contracts";
import type { RegistryVersion, SchemaRegistry } from "throughline/seams";
import { avroToJsonSchema } from "./avro-to-json-schema.ts";
import { contractModule, type PulledContract } from "./contract-module.ts";
import { kebabCase } from "./names.ts";
import { writePulledFile } from "./pulled-file.ts";
import { asUsableDraft } from "./usable-draft.ts";

/** What a person says of a contract, where its schema does not. */
export interface SaidFacts {
  readonly type?: string | undefined;
  readonly subject?: string | undefined;
  readonly stream?: string | undefined;
  readonly tenant?: string | undefined;
}

export interface Pulled {
  readonly name: string;
  /** Null where it was left out. */
  readonly file: string | null;
  readonly outcome: "written" | "unchanged" | "left-out";
  /** Why it was left out. */
  readonly why: string | null;
  readonly type: string | null;
  readonly version: number | null;
  /** Older versions whose events nothing lifts, and the file in which that belongs. */
  readonly lacks: { readonly versions: readonly number[]; readonly file: string } | null;
}

export interface PullOptions {
  readonly folder: string;
  /** Default: the newest. */
  readonly version: number | null;
  readonly said: SaidFacts;
}

/** Finds a contract by its type, or by the registry subject that others gave it; null where there is none. */
export type ContractFinder = (name: string, version: number | null, said: SaidFacts) => Promise<PulledContract | LeftOut | null>;

export interface LeftOut {
  readonly leftOut: string;
}

/** Makes a module of each contract. One that cannot be made is left out, and says why. */
export async function pullContracts(find: ContractFinder, names: readonly string[], options: PullOptions): Promise<Pulled[]> {
  const pulled: Pulled[] = [];
  for (const name of names) {
    const found = await find(name, options.version, options.said);
    if (found === null) pulled.push(leftOut(name, `there is no contract of this type, and no registry subject of this name`));
    else if ("leftOut" in found) pulled.push(leftOut(name, found.leftOut));
    else pulled.push(await writeOne(name, found, options));
  }
  return pulled;
}

async function writeOne(name: string, found: PulledContract, { folder }: PullOptions): Promise<Pulled> {
  const { type, version } = found.facts;
  try {
    usable(found);
  } catch (error) {
    return leftOut(name, (error as Error).message);
  }
  const file = join(folder, `${kebabCase(type)}.ts`);
  const upcasts = `${kebabCase(type)}.upcast.ts`;
  const hasUpcasts = existsSync(join(folder, upcasts));
  const isNew = await writePulledFile(file, type, contractModule(found, hasUpcasts ? `./${upcasts}` : null));
  const isLifted = hasUpcasts || found.older.length === 0;
  const lacks = isLifted ? null : { versions: found.older.map((each) => each.version), file: join(folder, upcasts) };
  return { name, file, outcome: isNew ? "written" : "unchanged", why: null, type, version, lacks };
}

/** Defines the contract as its module will: what is wrong with it is known before it is written. Throws `CONTRACT_INVALID`. */
function usable({ facts, data }: PulledContract): void {
  const { type, version, subject, stream, tenant, personal } = facts;
  defineEvent<string, Record<string, string>>(type, {
    version,
    subject,
    stream,
    personal,
    data,
    ...(tenant === null ? {} : { tenant }),
  });
}

const leftOut = (name: string, why: string): Pulled => ({
  name,
  file: null,
  outcome: "left-out",
  why,
  type: null,
  version: null,
  lacks: null,
});

/** Finds contracts in another team's lock. */
export function findInLock(lock: ContractsLock, file: string): ContractFinder {
  return async (type, wanted) => {
    const versions = Object.keys(lock.contracts[type] ?? {}).map(Number);
    const version = wanted ?? Math.max(...versions);
    const locked = lock.contracts[type]?.[version];
    if (locked === undefined) return null;
    const older = versions
      .filter((each) => each < version)
      .map((each) => ({ version: each, data: lockedData(lock.contracts[type]?.[each] ?? locked) }));
    const data = lockedData(locked);
    const { encoding } = locked;
    if (encoding?.schemaType === "PROTOBUF")
      return { leftOut: `its data is written in Protobuf: define the contract yourself, with encoding: protobuf(…)` };
    const avro = encoding === null ? null : (JSON.parse(encoding.schema) as object);
    return { facts: { type, version, ...locked }, data, avro, source: `From ${file}.`, older: unreadable(older, data) };
  };
}

/** A contract is written in a draft that can be used, or it would be none. */
function lockedData({ data }: LockedContract): JsonSchema {
  const usable = asUsableDraft(readerSchema(data));
  return typeof usable === "string" ? data : usable;
}

/** Finds contracts in a registry. */
export function findInRegistry(registry: SchemaRegistry): ContractFinder {
  return async (name, wanted, said) => {
    const subject = await subjectOf(registry, name, wanted);
    const found = subject === null ? null : await registry.bySubject(subject, "latest");
    if (found === null) return null;
    const facts = registeredFacts(found) ?? factsSaid(name, said, wanted);
    if (typeof facts === "string") return { leftOut: facts };
    const data = dataOf(found);
    if (typeof data === "string") return { leftOut: data };
    const source = `From ${registry.url}/subjects/${encodeURIComponent(found.subject)}/versions/${found.version} (id ${found.id}).`;
    const isOurs = registeredFacts(found) !== null;
    return {
      facts,
      data,
      avro: avroOf(found),
      source,
      older: isOurs ? unreadable(await olderVersions(registry, facts), data) : [],
    };
  };
}

async function olderVersions(registry: SchemaRegistry, { type, version }: ContractFacts): Promise<PulledContract["older"]> {
  const found: { version: number; data: JsonSchema }[] = [];
  for (let older = 1; older < version; older += 1) {
    const registered = await registry.bySubject(registrySubjectOf(type, older), "latest");
    const data = registered === null ? null : dataOf(registered);
    if (data !== null && typeof data !== "string") found.push({ version: older, data });
  }
  return found;
}

/** Those whose data a reader of this one refuses as it is. */
function unreadable(older: PulledContract["older"], data: JsonSchema): PulledContract["older"] {
  return older.filter(({ version, data: schema }) => {
    const check = { type: "JSON", level: "BACKWARD", policy: "LENIENT", candidate: { schema: data } } as const;
    return checkCompatibility({ ...check, versions: [{ version, schema }] }).length > 0;
  });
}

/** The registry subject of the newest version of a type, or of the one that is wanted; or the subject of this very name. */
async function subjectOf(registry: SchemaRegistry, name: string, wanted: number | null): Promise<string | null> {
  const subjects = await registry.subjects(name);
  const ofType = subjects.flatMap((subject) => {
    const version = subject.startsWith(`${name}.v`) ? subject.slice(name.length + 2) : "";
    return /^[1-9]\d*$/.test(version) ? [{ subject, version: Number(version) }] : [];
  });
  const newest = ofType.toSorted((a, b) => b.version - a.version).find(({ version }) => wanted === null || version === wanted);
  return newest?.subject ?? (subjects.includes(name) ? name : null);
}

/** A sentence where a person must say more. */
function factsSaid(name: string, { type, subject, stream, tenant }: SaidFacts, version: number | null): ContractFacts | string {
  const missing = [
    ...(type === undefined ? ["--type <type>"] : []),
    ...(subject === undefined ? ["--subject <property>"] : []),
    ...(stream === undefined ? ["--stream <topic>"] : []),
  ];
  if (type === undefined || subject === undefined || stream === undefined)
    return `"${name}" was registered by others and says of no contract what it is; say ${missing.join(", ")}`;
  return {
    type,
    version: version ?? 1,
    service: "",
    owner: null,
    stream,
    subject,
    tenant: tenant ?? null,
    personal: [],
    description: null,
  };
}

/** A sentence where no JSON Schema can be made of it. */
function dataOf({ schemaType, schema, references = [] }: RegistryVersion): JsonSchema | string {
  if (references.length > 0)
    return `it refers to other schemas (${references.map(({ name }) => name).join(", ")}), and a contract's schema is whole`;
  if (schemaType === "PROTOBUF")
    return `it is a schema of Protobuf, of which no types are made: define the contract yourself, with encoding: protobuf(…) of @throughline/registry/protobuf`;
  const parsed: unknown = JSON.parse(schema);
  if (typeof parsed !== "object" || parsed === null) return `its schema is ${schema}, which describes no object`;
  if (schemaType === "AVRO") return avroToJsonSchema(parsed);
  const { [factsKeyword]: _, ...data } = parsed as JsonSchema;
  return asUsableDraft(data);
}

/** Avro as the module gives it to `avro`: what it says of the contract stands in the module itself. */
function avroOf({ schemaType, schema }: RegistryVersion): object | null {
  if (schemaType !== "AVRO") return null;
  const { [factsKeyword]: _, ...avro } = JSON.parse(schema) as JsonSchema;
  return avro;
}
