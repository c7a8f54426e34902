import { type ContractsLock, registeredForm, registrySubjectOf } from "throughline/contracts";
import type { SchemaRegistry } from "throughline/seams";
import { agreedByBoth, agreedByLock, agreedByRegistry, type AgreedSource, nothingAgreed } from "./agreed-source.ts";
import type { CodeContract } from "./code-contracts.ts";
import { type ComparedContract, compareContract } from "./compare-contract.ts";
import { staleness, type Staleness } from "./next-lock.ts";

export interface ContractsReport {
  /** Whether nothing breaks and the lock is what the code says. */
  readonly ok: boolean;
  readonly comparedWith: {
    readonly kind: "registry" | "lock";
    /** The registry's URL, or the lock's file. */
    readonly place: string;
    /** Why it was not the registry, where one is named. */
    readonly registryAway: string | null;
  };
  readonly contracts: readonly ComparedContract[];
  /** What the lock has as published, and the code of its service has no more. */
  readonly removed: readonly RemovedContract[];
  readonly lock: {
    readonly file: string;
    readonly isStale: boolean;
    readonly reasons: readonly Staleness[];
    /** Contracts whose place in the registry the lock does not have. */
    readonly unregistered: readonly string[];
  };
}

export interface RemovedContract {
  readonly type: string;
  readonly version: number;
  readonly service: string;
}

interface Parts {
  readonly contracts: readonly CodeContract[];
  readonly services: ReadonlySet<string>;
  readonly lock: ContractsLock | null;
  readonly lockFile: string;
  /** Null: the lock alone tells. */
  readonly registry: SchemaRegistry | null;
}

/** Compares what the code publishes with what was agreed: by the registry, or by the lock where that is away. */
export async function checkContracts(parts: Parts): Promise<ContractsReport> {
  const { contracts, lock, lockFile, registry } = parts;
  const byLock = lock === null ? nothingAgreed : agreedByLock(lock);
  let registryAway: string | null = null;
  let compared: ComparedContract[] | null = null;
  let misplaced: Staleness[] = [];
  if (registry !== null)
    try {
      compared = await compareAll(contracts, agreedByBoth(byLock, agreedByRegistry(registry)));
      misplaced = lock === null ? [] : await misplacedIn(registry, contracts, lock);
    } catch (error) {
      if ((error as { code?: string }).code !== "REGISTRY_UNAVAILABLE") throw error;
      registryAway = (error as Error).message;
      compared = null;
    }
  const isByRegistry = registry !== null && compared !== null;
  compared ??= await compareAll(contracts, byLock);
  const reasons = [...staleness(lock, parts), ...misplaced];
  return {
    ok: reasons.length === 0 && compared.every(({ status }) => status !== "breaking"),
    comparedWith: {
      kind: isByRegistry ? "registry" : "lock",
      place: isByRegistry ? registry.url : lockFile,
      registryAway,
    },
    contracts: compared,
    removed: removedFrom(lock, parts),
    lock: { file: lockFile, isStale: reasons.length > 0, reasons, unregistered: unregisteredIn(lock, contracts) },
  };
}

async function compareAll(contracts: readonly CodeContract[], source: AgreedSource): Promise<ComparedContract[]> {
  const compared: ComparedContract[] = [];
  for (const contract of contracts) compared.push(await compareContract(contract, source));
  return compared;
}

/** Where the lock names a place in this registry at which the contract is not. */
async function misplacedIn(
  registry: SchemaRegistry,
  contracts: readonly CodeContract[],
  lock: ContractsLock,
): Promise<Staleness[]> {
  if (lock.registry !== registry.url) return [];
  const found: Staleness[] = [];
  for (const { type, version } of contracts) {
    const locked = lock.contracts[type]?.[version];
    if (locked?.registered == null) continue;
    const subject = registrySubjectOf(type, version);
    const there = await registry.lookUp(subject, registeredForm(type, version, locked));
    if (there?.id === locked.registered.id && there.version === locked.registered.version) continue;
    const where =
      there === null ? "the registry does not have it" : `the registry has it as version ${there.version}, id ${there.id}`;
    const { registered } = locked;
    found.push({
      contract: { type, version },
      what: `the lock has it as version ${registered.version}, id ${registered.id}, and ${where}`,
    });
  }
  return found;
}

function removedFrom(lock: ContractsLock | null, { contracts, services }: Parts): RemovedContract[] {
  return Object.entries(lock?.contracts ?? {}).flatMap(([type, versions]) =>
    Object.entries(versions).flatMap(([version, { published, service }]) => {
      const isThere = contracts.some((each) => each.type === type && each.version === Number(version));
      return published && !isThere && services.has(service) ? [{ type, version: Number(version), service }] : [];
    }),
  );
}

function unregisteredIn(lock: ContractsLock | null, contracts: readonly CodeContract[]): string[] {
  if (lock?.registry == null) return [];
  return contracts
    .filter(({ type, version }) => lock.contracts[type]?.[version]?.registered === null)
    .map(({ type, version }) => `${type} version ${version}`);
}
