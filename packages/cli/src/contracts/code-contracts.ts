import {
  canonicalJson,
  isSameJson,
  type LockedContract,
  type PlannedContract,
  registrySubjectOf,
  type ServicePlan,
} from "throughline/contracts";
import { cliError } from "../cli-errors.ts";

/** A contract that the code publishes. */
export interface CodeContract extends PlannedContract {
  readonly service: string;
  readonly owner: string | null;
}

/**
 * What services publish, each version of a type once, in the order of their names.
 * Throws `CLI_CONTRACT_TWICE` where two services have different ideas of one.
 */
export function codeContracts(plans: readonly ServicePlan[]): CodeContract[] {
  const found = new Map<string, CodeContract>();
  for (const { service, owner, publishes } of plans.toSorted((a, b) => (a.service < b.service ? -1 : 1)))
    for (const contract of publishes) {
      const key = `${contract.type} ${contract.version}`;
      const before = found.get(key);
      if (before === undefined) found.set(key, { ...contract, service, owner });
      else if (!isSameJson(lockEntry(before).data, lockEntry({ ...contract, service, owner }).data))
        throw cliError("CLI_CONTRACT_TWICE", { ...contract, services: [before.service, service] });
    }
  return [...found.values()].toSorted((a, b) => (a.type === b.type ? a.version - b.version : a.type < b.type ? -1 : 1));
}

/** What of a contract stands in the lock, but for its place in the registry. */
export type LockEntry = Omit<LockedContract, "registered" | "before">;

export function lockEntry(contract: CodeContract): LockEntry {
  const { type, version, service, owner, stream, subject, tenant, personal, description, compacted, schema } = contract;
  return {
    published: true,
    service,
    owner,
    stream,
    subject,
    tenant,
    personal: personal.toSorted(),
    description,
    compacted,
    registrySubject: registrySubjectOf(type, version),
    data: canonicalJson(schema),
    encoding: contract.encoding,
  };
}
