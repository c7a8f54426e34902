import type { EventLog } from "throughline/seams";
import {
  contractsKey,
  readAnnouncement,
  readContracts,
  type ServiceAnnouncement,
  type ServiceContracts,
  servicesTopic,
} from "throughline/system-topics";
import { readOrSkip } from "./read-or-skip.ts";
import { readTopic } from "./scan.ts";

/** What stands in the services' topic. */
export interface Announced {
  /** The last word of every instance. */
  readonly instances: readonly ServiceAnnouncement[];
  /** The contracts that an instance names; null where their record is not there. */
  contractsOf(instance: ServiceAnnouncement): ServiceContracts | null;
}

export async function readAnnounced(log: EventLog, signal?: AbortSignal): Promise<Announced> {
  const instances = new Map<string, ServiceAnnouncement>();
  const contracts = new Map<string, ServiceContracts>();
  for await (const record of readTopic(log, servicesTopic, signal ? { signal } : {})) {
    const key = Buffer.from(record.key ?? []).toString();
    if (record.value === null) {
      instances.delete(key);
      contracts.delete(key);
      continue;
    }
    const announcement = readOrSkip(() => readAnnouncement(record.value));
    if (announcement !== null) instances.set(`${announcement.service}/${announcement.instance}`, announcement);
    const told = readOrSkip(() => readContracts(record.value));
    if (told !== null) contracts.set(contractsKey(told.service, told.hash), told.contracts);
  }
  return {
    instances: [...instances.values()],
    contractsOf: ({ service, contracts: hash }) =>
      hash === undefined ? null : (contracts.get(contractsKey(service, hash)) ?? null),
  };
}
