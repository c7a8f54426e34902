import type { JsonSchema } from "../contract/json-schema.ts";
import type { RegistrySchemaType } from "../seams/schema-registry.ts";

/** The file's name, wherever it lies. */
export const contractsLockName = "contracts.lock.json";

/** What was agreed on, as it stands in `contracts.lock.json`. Made by `throughline contracts push`, and read by services. */
export interface ContractsLock {
  readonly lockVersion: 1;
  /** The registry in which the ids hold, without credentials; null where nothing was registered. */
  readonly registry: string | null;
  /** By type, and by the contract's version. */
  readonly contracts: Readonly<Record<string, Readonly<Record<string, LockedContract>>>>;
}

/** One version of a contract. */
export interface LockedContract extends LockedSchema {
  /** False for what the code has no more; its events stand in the log all the same. */
  readonly published: boolean;
  /** Who publishes it. */
  readonly service: string;
  readonly owner: string | null;
  readonly stream: string;
  readonly subject: string;
  readonly tenant: string | null;
  readonly personal: readonly string[];
  readonly description: string | null;
  readonly compacted: boolean;
  /** `<type>.v<version>` */
  readonly registrySubject: string;
  /** Schemas that this version had before, the oldest first: events written with them may stand in the log. */
  readonly before: readonly LockedSchema[];
}

export interface LockedSchema {
  /** Its place in the registry; null where nothing was registered. */
  readonly registered: { readonly version: number; readonly id: number } | null;
  /** The JSON Schema of the data that publishers are held to. */
  readonly data: JsonSchema;
  /** How the data is written where that is not JSON. */
  readonly encoding: LockedEncoding | null;
}

export interface LockedEncoding {
  readonly schemaType: Exclude<RegistrySchemaType, "JSON">;
  /** As it is registered. */
  readonly schema: string;
}

/** The registry subject of a contract's version: a line of schemas that go with each other. */
export function registrySubjectOf(type: string, version: number): string {
  return `${type}.v${version}`;
}

export function lockedContract({ contracts }: ContractsLock, type: string, version: number): LockedContract | null {
  const versions = Object.hasOwn(contracts, type) ? contracts[type] : undefined;
  return versions?.[version] ?? null;
}

/** A schema of the lock by its id, as the wire format of Avro and Protobuf names it. */
export function lockedSchemaById(
  { contracts }: ContractsLock,
  id: number,
): { readonly type: string; readonly version: number; readonly contract: LockedContract; readonly schema: LockedSchema } | null {
  for (const [type, versions] of Object.entries(contracts))
    for (const [version, contract] of Object.entries(versions))
      for (const schema of [contract, ...contract.before])
        if (schema.registered?.id === id) return { type, version: Number(version), contract, schema };
  return null;
}

/** Where the registry shows a contract's schema: the `dataschema` of its events. */
export function schemaAddress({ registry }: ContractsLock, { registrySubject, registered }: LockedContract): string | null {
  if (registry === null || registered === null) return null;
  return `${registry}/subjects/${encodeURIComponent(registrySubject)}/versions/${registered.version}/schema`;
}
