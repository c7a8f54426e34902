import type { ServiceScope } from "../handling/scope.ts";
import type { LogRecord, NewRecord } from "../seams/event-log.ts";
import {
  type ContractsAnnouncement,
  contractsKey,
  contractsRecord,
  readAnnouncement,
  readContracts,
  type ServiceAnnouncement,
  servicesTopic,
} from "../system-topics/index.ts";

/** An instance that was not heard of for so long is not told of any more. */
const instanceKeptMs = 7 * 24 * 60 * 60 * 1000;

interface Said {
  readonly instances: ReadonlyMap<string, ServiceAnnouncement>;
  readonly contracts: ReadonlyMap<string, ContractsAnnouncement>;
  /** Where reading ended, by partition. */
  readonly ends: ReadonlyMap<number, number>;
}

/**
 * Takes out of the services' topic what nobody needs of this service: instances that were not heard of for a week, and contracts
 * that no instance names. Answers how many records it took out. A service that may not read the topic takes nothing out: there is
 * one record of contracts for each release that changed any.
 *
 * An instance that starts while this runs says its contracts before it names them. If that came after the topic was read and before
 * the tombstone, what it said is said again.
 */
export async function forgetAnnouncements(
  scope: Pick<ServiceScope<unknown>, "log" | "identity" | "surroundings">,
  ownHash: string,
): Promise<number> {
  const { log, identity, surroundings } = scope;
  const names = new Set([identity.service, ...identity.formerNames]);
  const said = await readSaid(log, names, new Map());
  const forgottenBefore = surroundings.clock.now() - instanceKeptMs;
  const kept = [...said.instances].filter(([, { atMs }]) => atMs >= forgottenBefore);
  const old = [...said.instances.keys()].filter((key) => !kept.some(([other]) => other === key));
  const named = new Set([
    contractsKey(identity.service, ownHash),
    ...kept.flatMap(([, { service, contracts }]) => (contracts === undefined ? [] : [contractsKey(service, contracts)])),
  ]);
  const unnamed = [...said.contracts].filter(([key]) => !named.has(key));
  const keys = [...old, ...unnamed.map(([key]) => key)];
  if (keys.length === 0) return 0;
  await appended(
    log,
    keys.map((key): NewRecord => ({ topic: servicesTopic, key: Buffer.from(key), value: null, headers: [] })),
  );
  const since = await readSaid(log, names, said.ends);
  const again = unnamed.filter(
    ([key, { hash }]) => since.contracts.has(key) || [...since.instances.values()].some(({ contracts }) => contracts === hash),
  );
  if (again.length > 0)
    await appended(
      log,
      again.map(([, contracts]) => contractsRecord(contracts)),
    );
  return keys.length - again.length;
}

async function appended(log: ServiceScope<unknown>["log"], records: readonly NewRecord[]): Promise<void> {
  for (const result of await log.append(records)) if (!result.ok) throw result.error;
}

/** What stands in the topic of these services, from the offsets where reading ended before. */
async function readSaid(
  log: ServiceScope<unknown>["log"],
  services: ReadonlySet<string>,
  from: ReadonlyMap<number, number>,
): Promise<Said> {
  const instances = new Map<string, ServiceAnnouncement>();
  const contracts = new Map<string, ContractsAnnouncement>();
  const ends = new Map<number, number>();
  for (const { partition, end } of await log.offsets(servicesTopic)) {
    ends.set(partition, end);
    const fromOffset = from.get(partition) ?? 0;
    if (fromOffset >= end) continue;
    for await (const batch of log.read({ topic: servicesTopic, partition, fromOffset, toOffset: end })) {
      for (const record of batch) {
        const key = Buffer.from(record.key ?? []).toString();
        if (!services.has(key.split("/", 1)[0] as string)) continue;
        // With what came before, a tombstone takes away what was said; what came after it was said again.
        if (record.value === null && from.size === 0) {
          instances.delete(key);
          contracts.delete(key);
        }
        const announcement = read(record, readAnnouncement);
        if (announcement !== null) instances.set(key, announcement);
        const told = read(record, readContracts);
        if (told !== null) contracts.set(key, told);
      }
    }
  }
  return { instances, contracts, ends };
}

/** What cannot be read was written by somebody else, and is nobody's to take away. */
function read<T>({ value }: LogRecord, as: (value: Uint8Array | null) => T | null): T | null {
  try {
    return as(value);
  } catch {
    return null;
  }
}
