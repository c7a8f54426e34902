import type { PublishedContract, ReadContract } from "throughline/system-topics";
import type { IndexedContracts } from "../index-store/index-store.ts";
import type { Traffic, TypeSeen } from "../index-store/traffic.ts";
import { isServiceOf } from "../reading/seen-event.ts";
import type { ServicesSeen } from "../reading/services-seen.ts";
import { type Drift, driftOf } from "./drift.ts";
import { schemaFields } from "./schema-fields.ts";

export interface CatalogueFacts {
  readonly services: ServicesSeen;
  /** Oldest first. */
  readonly contracts: readonly IndexedContracts[];
  readonly seen: readonly TypeSeen[];
  readonly traffic: readonly Traffic[];
  readonly windowMs: number;
}

/** One version of an event's contract, as its publisher announced it last. */
export interface ContractVersion {
  readonly version: number;
  readonly publishers: readonly string[];
  /** Somebody publishes it now: a running service, or the last that was heard of one. */
  readonly isCurrent: boolean;
  readonly firstMs: number;
  readonly contract: PublishedContract;
}

export interface EventReader {
  readonly service: string;
  readonly handler: string;
  readonly version: number;
  /** Versions that it lifts. */
  readonly lifts: readonly number[];
  /** What it reads of the data; null where it announced no contract. */
  readonly fields: readonly string[] | null;
}

/** All that is known of one type of event. */
export interface EventType {
  readonly type: string;
  readonly owner: string | null;
  readonly publishers: readonly string[];
  readonly topics: readonly string[];
  readonly versions: readonly ContractVersion[];
  readonly readers: readonly EventReader[];
  readonly count: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** Over the window. */
  readonly perSecond: number;
  readonly drift: readonly Drift[];
  /** Where the newest stands. */
  readonly last: TypeSeen["last"] | null;
}

/** What services declare and what came, by type of event. */
export function catalogueOf(facts: CatalogueFacts): EventType[] {
  const declared = declarations(facts);
  const types = new Set([...declared.publishes.keys(), ...declared.reads.keys(), ...facts.seen.map(({ type }) => type)]);
  return [...types].toSorted().map((type) => typeOf(type, facts, declared));
}

interface Declarations {
  /** By type: each announced version, oldest first. */
  readonly publishes: ReadonlyMap<
    string,
    readonly { service: string; isCurrent: boolean; firstMs: number; contract: PublishedContract | null }[]
  >;
  readonly reads: ReadonlyMap<
    string,
    readonly { service: string; handler: string; version: number; contract: ReadContract | null }[]
  >;
}

function declarations({ services, contracts }: CatalogueFacts): Declarations {
  const publishes = new Map<
    string,
    { service: string; isCurrent: boolean; firstMs: number; contract: PublishedContract | null }[]
  >();
  const reads = new Map<string, { service: string; handler: string; version: number; contract: ReadContract | null }[]>();
  const add = <T>(map: Map<string, T[]>, type: string, entry: T): void => void map.set(type, [...(map.get(type) ?? []), entry]);
  for (const { service, hash, contracts: said, firstMs } of contracts) {
    const isCurrent = currentHashes(services, service).has(hash);
    for (const contract of said.publishes) add(publishes, contract.type, { service, isCurrent, firstMs, contract });
  }
  for (const service of services.names()) {
    const newest = services.newest(service)!;
    const said = contracts.find((each) => each.service === service && each.hash === newest.contracts)?.contracts;
    for (const type of newest.publishes ?? [])
      if (!(publishes.get(type) ?? []).some((each) => each.service === service))
        add(publishes, type, { service, isCurrent: true, firstMs: newest.startedAtMs, contract: null });
    for (const { name: handler, types } of services.handlers(service))
      for (const { type, version } of types) {
        const contract = said?.handlers.find(({ name }) => name === handler)?.reads.find((read) => read.type === type) ?? null;
        add(reads, type, { service, handler, version, contract });
      }
  }
  return { publishes, reads };
}

function currentHashes(services: ServicesSeen, service: string): ReadonlySet<string | undefined> {
  const running = services.running(service);
  const newest = services.newest(service);
  return new Set((running.length > 0 ? running : newest === null ? [] : [newest]).map(({ contracts }) => contracts));
}

function typeOf(type: string, facts: CatalogueFacts, { publishes, reads }: Declarations): EventType {
  const { services, windowMs } = facts;
  const published = publishes.get(type) ?? [];
  const seen = facts.seen.filter((each) => each.type === type);
  const current = published.filter(({ isCurrent }) => isCurrent);
  const publishers = [...new Set((current.length > 0 ? current : published).map(({ service }) => service))];
  const readers = (reads.get(type) ?? []).map(({ service, handler, version, contract }) => ({
    service,
    handler,
    version,
    lifts: contract?.lifts ?? [],
    fields: contract === null ? null : schemaFields(contract.schema).map(({ path }) => path),
  }));
  const versions = versionsOf(published);
  const newest = seen.toSorted((a, b) => b.lastMs - a.lastMs)[0] ?? null;
  const came = facts.traffic.filter((each) => each.type === type).reduce((sum, { count }) => sum + count, 0);
  const topics = new Set([...seen.map(({ last }) => last.topic), ...versions.map(({ contract }) => contract.stream)]);
  const isPublisher = (source: string): boolean => published.some(({ service }) => isServiceOf(source, service));
  return {
    type,
    owner: publishers.map((service) => services.newest(service)?.owner ?? null).find((owner) => owner !== null) ?? null,
    publishers,
    topics: [...topics].toSorted(),
    versions,
    readers,
    count: seen.reduce((sum, { count }) => sum + count, 0),
    firstMs: seen.length === 0 ? null : Math.min(...seen.map(({ firstMs }) => firstMs)),
    lastMs: newest?.lastMs ?? null,
    perSecond: came / (windowMs / 1_000),
    drift: driftOf({
      type,
      seen,
      isDeclared: published.length > 0,
      hasAdopter: isAdopted(reads.get(type)),
      versions,
      readers,
      isPublisher,
    }),
    last: newest?.last ?? null,
  };
}

const isAdopted = (reads: readonly { contract: ReadContract | null }[] = []): boolean =>
  reads.some(({ contract }) => contract?.adopted === true);

/** The newest word on each version; of one that nobody publishes any more the last. */
function versionsOf(
  published: readonly { service: string; isCurrent: boolean; firstMs: number; contract: PublishedContract | null }[],
): ContractVersion[] {
  const versions = new Map<number, ContractVersion>();
  for (const { service, isCurrent, firstMs, contract } of published) {
    if (contract === null) continue;
    const known = versions.get(contract.version);
    versions.set(contract.version, {
      version: contract.version,
      publishers: [...new Set([...(known?.publishers ?? []), service])],
      isCurrent: isCurrent || (known?.isCurrent ?? false),
      firstMs: Math.min(firstMs, known?.firstMs ?? firstMs),
      contract: isCurrent || known === undefined || !known.isCurrent ? contract : known.contract,
    });
  }
  return [...versions.values()].toSorted((a, b) => a.version - b.version);
}
