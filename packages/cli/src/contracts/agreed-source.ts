import { type ContractsLock, type LockedSchema, registeredData, registeredFacts, registrySubjectOf } from "throughline/contracts";
import type { RegistryVersion, SchemaRegistry } from "throughline/seams";

/** What was agreed on one version of a contract. */
export interface AgreedContract {
  /** The schemas that it had, the oldest first; the last one rules. */
  readonly schemas: readonly AgreedSchema[];
  /** Null where it is not told. */
  readonly facts: {
    readonly stream: string;
    readonly subject: string;
    readonly tenant: string | null;
    readonly personal: readonly string[];
  } | null;
}

export interface AgreedSchema {
  /** As sentences count it: the registry's version. */
  readonly version: number;
  /** Null where what was registered is no JSON Schema. */
  readonly data: LockedSchema["data"] | null;
  readonly encoding: LockedSchema["encoding"];
  readonly isRegistered: boolean;
}

/** Where it stands what was agreed: a registry, or the lock. */
export interface AgreedSource {
  find(type: string, version: number): Promise<AgreedContract | null>;
}

export function agreedByLock(lock: ContractsLock): AgreedSource {
  return {
    async find(type, version) {
      const locked = lock.contracts[type]?.[version];
      if (locked === undefined) return null;
      const schemas = [...locked.before, locked].map(({ registered, data, encoding }, index) => ({
        version: registered?.version ?? index + 1,
        data,
        encoding,
        isRegistered: registered !== null,
      }));
      return { schemas, facts: locked };
    },
  };
}

/** Asks for each subject once. */
export function agreedByRegistry(registry: SchemaRegistry): AgreedSource {
  const asked = new Map<string, Promise<AgreedContract | null>>();
  return {
    find(type, version) {
      const subject = registrySubjectOf(type, version);
      let found = asked.get(subject);
      if (found === undefined) asked.set(subject, (found = readSubject(registry, subject)));
      return found;
    },
  };
}

/**
 * What the registry has, and what was agreed by the lock alone and is not registered: events that were written with it may stand in the log.
 * What the registry has last rules; the facts are those of the lock, which a review has seen.
 */
export function agreedByBoth(lock: AgreedSource, registry: AgreedSource): AgreedSource {
  return {
    async find(type, version) {
      const [inLock, inRegistry] = [await lock.find(type, version), await registry.find(type, version)];
      if (inRegistry === null) return inLock;
      const more = inLock?.schemas.filter(({ isRegistered }) => !isRegistered) ?? [];
      return { schemas: [...more, ...inRegistry.schemas], facts: inLock?.facts ?? inRegistry.facts };
    },
  };
}

export const nothingAgreed: AgreedSource = { find: async () => null };

async function readSubject(registry: SchemaRegistry, subject: string): Promise<AgreedContract | null> {
  const schemas: AgreedSchema[] = [];
  let facts: AgreedContract["facts"] = null;
  for (const version of await registry.versions(subject)) {
    const found = await registry.bySubject(subject, version);
    if (found === null) continue;
    schemas.push(agreedSchema(found));
    facts = registeredFacts(found) ?? facts;
  }
  return schemas.length === 0 ? null : { schemas, facts };
}

export function agreedSchema(found: RegistryVersion): AgreedSchema {
  const { version, schemaType, schema } = found;
  if (schemaType === "JSON") return { version, data: registeredData(found), encoding: null, isRegistered: true };
  return { version, data: null, encoding: { schemaType, schema }, isRegistered: true };
}
