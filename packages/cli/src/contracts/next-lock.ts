import {
  canonicalJson,
  type ContractsLock,
  isSameJson,
  type LockedContract,
  type LockedSchema,
  whatDiffers,
} from "throughline/contracts";
import { type CodeContract, lockEntry } from "./code-contracts.ts";

/** What stands in the lock for a contract once it is agreed on. */
export interface Agreement {
  readonly contract: CodeContract;
  readonly registered: LockedSchema["registered"];
  /** Schemas that it had before; null: those that the lock has. */
  readonly before: readonly LockedSchema[] | null;
}

interface NextLock {
  readonly previous: ContractsLock | null;
  /** Null: the ids of no registry. */
  readonly registry: string | null;
  /** Every service that was looked at: what they do not publish, nobody does. */
  readonly services: ReadonlySet<string>;
  /** All that the code publishes. */
  readonly contracts: readonly CodeContract[];
  /** What is agreed on of them now; of the others the lock keeps what it has. */
  readonly agreed: readonly Agreement[];
}

/**
 * The lock as it is to be: of what the services publish, what is agreed on now; of all others what was there. It depends on nothing else,
 * so whoever pushes the same writes the same.
 */
export function nextLock({ previous, registry, services, contracts, agreed }: NextLock): ContractsLock {
  const isSameRegistry = previous?.registry === registry;
  const next: Record<string, Record<string, LockedContract>> = {};
  for (const [type, versions] of Object.entries(previous?.contracts ?? {}))
    for (const [version, locked] of Object.entries(versions)) {
      const isPublished = contracts.some((each) => each.type === type && each.version === Number(version));
      const published = locked.published && (isPublished || !services.has(locked.service));
      const kept = isSameRegistry ? locked : withoutIds(locked);
      (next[type] ??= {})[version] = { ...kept, published };
    }
  for (const { contract, registered, before } of agreed) {
    const { type, version } = contract;
    const had = next[type]?.[version];
    const entry = lockEntry(contract);
    const history =
      before === null
        ? historyOf(had, entry)
        : [...unregistered(had, entry, before), ...before.map((each) => withKnownData(each, had))];
    (next[type] ??= {})[version] = { ...entry, registered, before: history };
  }
  return { lockVersion: 1, registry, contracts: inOrder(next) };
}

/** Where the lock is not what the code says. */
export interface Staleness {
  /** Null: the lock as a whole. */
  readonly contract: { readonly type: string; readonly version: number } | null;
  readonly what: string;
}

/** Its ids apart. */
export function staleness(lock: ContractsLock | null, parts: Omit<NextLock, "agreed" | "registry" | "previous">): Staleness[] {
  if (lock === null) return parts.contracts.length === 0 ? [] : [{ contract: null, what: "there is none yet" }];
  const agreed = parts.contracts.map((contract): Agreement => {
    const locked = lock.contracts[contract.type]?.[contract.version];
    return { contract, registered: locked?.registered ?? null, before: locked?.before ?? [] };
  });
  const next = nextLock({ ...parts, previous: lock, registry: lock.registry, agreed });
  const names = { code: "the code", lock: "the lock" };
  return Object.entries(next.contracts).flatMap(([type, versions]) =>
    Object.entries(versions).flatMap(([version, wanted]) => {
      const contract = { type, version: Number(version) };
      const locked = lock.contracts[type]?.[version];
      if (locked === undefined) return [{ contract, what: "is not in it" }];
      if (locked.published && !wanted.published) return [{ contract, what: "is published no more" }];
      const { published: _, ...rest } = wanted;
      const { published: __, ...before } = locked;
      return whatDiffers(canonicalJson(rest), canonicalJson(before), names).map((what) => ({ contract, what }));
    }),
  );
}

/** What was agreed by the lock alone, and the registry does not have. */
function unregistered(
  had: LockedContract | undefined,
  entry: Pick<LockedContract, "data" | "encoding">,
  before: readonly LockedSchema[],
): readonly LockedSchema[] {
  const known = [entry, ...before].map(({ data, encoding }) => JSON.stringify(canonicalJson([data, encoding])));
  return [...(had?.before ?? []), ...(had === undefined ? [] : [had])].flatMap(({ registered, data, encoding }) =>
    registered !== null || known.includes(JSON.stringify(canonicalJson([data, encoding])))
      ? []
      : [{ registered, data, encoding }],
  );
}

/** Of what is not JSON a registry does not tell the JSON Schema of the data; the lock may. */
function withKnownData(schema: LockedSchema, had: LockedContract | undefined): LockedSchema {
  if (schema.encoding === null || had === undefined) return schema;
  const known = [had, ...had.before].find(({ registered }) => registered?.id === schema.registered?.id);
  return known === undefined ? schema : { ...schema, data: known.data };
}

/** Another registry has other ids. */
function withoutIds(locked: LockedContract): LockedContract {
  return { ...locked, registered: null, before: locked.before.map((each) => ({ ...each, registered: null })) };
}

/** Where no registry tells, what the entry replaces is what it had before. */
function historyOf(had: LockedContract | undefined, entry: Pick<LockedContract, "data" | "encoding">): readonly LockedSchema[] {
  if (had === undefined) return [];
  const isSame = isSameJson([had.data, had.encoding], [entry.data, entry.encoding]);
  return isSame ? had.before : [...had.before, { registered: had.registered, data: had.data, encoding: had.encoding }];
}

function inOrder(contracts: Record<string, Record<string, LockedContract>>): ContractsLock["contracts"] {
  const byName = <Value>(entries: [string, Value][]): [string, Value][] => entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    byName(Object.entries(contracts)).map(([type, versions]) => [
      type,
      // Numbers as names stand in the order of their numbers in any object.
      Object.fromEntries(Object.entries(versions)),
    ]),
  );
}

/** The lock as its file has it: the same text for the same content. */
export function lockText({ lockVersion, registry, contracts }: ContractsLock): string {
  const written = Object.fromEntries(
    Object.entries(contracts).map(([type, versions]) => [
      type,
      Object.fromEntries(Object.entries(versions).map(([version, locked]) => [version, entryInOrder(locked)])),
    ]),
  );
  return `${JSON.stringify({ lockVersion, registry, contracts: written }, null, 2)}\n`;
}

function entryInOrder(locked: LockedContract): LockedContract {
  const { published, service, owner, stream, subject, tenant, personal, description, compacted } = locked;
  const { registrySubject, before } = locked;
  return {
    published,
    service,
    owner,
    stream,
    subject,
    tenant,
    personal,
    description,
    compacted,
    registrySubject,
    ...schemaInOrder(locked),
    before: before.map(schemaInOrder),
  };
}

function schemaInOrder({ registered, data, encoding }: LockedSchema): LockedSchema {
  return {
    registered: registered === null ? null : { version: registered.version, id: registered.id },
    data: canonicalJson(data),
    encoding,
  };
}
