import type { Candidate } from "@throughline/registry";
import { type ContractsLock, type PlannedContract, readerSchema, type ServicePlan } from "throughline/contracts";
import type { PublishedContract, ReadContract } from "throughline/system-topics";

/** A service as its code has it, for what asks whether it can be deployed. */
export function candidateOf({ service, version, publishes, handlers }: ServicePlan): Candidate {
  return {
    service,
    version,
    contracts: {
      publishes: publishes.map(publishedContract),
      handlers: handlers.map(({ name, order, contracts }) => ({ name, order, reads: contracts.map(readContract) })),
    },
  };
}

function publishedContract(contract: PlannedContract): PublishedContract {
  const { type, version, stream, subject, tenant, encoding, compacted, schema } = contract;
  return { type, version, stream, subject, tenant, encoding, compacted, schema };
}

function readContract(contract: PlannedContract): ReadContract {
  const { type, version, stream, subject, tenant, encoding, schema, upcasts, isAdopted } = contract;
  return { type, version, stream, subject, tenant, encoding, schema: readerSchema(schema), lifts: upcasts, adopted: isAdopted };
}

/** Every schema that stands in the lock, of contracts that are published and of those that were. */
export function agreedContracts(lock: ContractsLock | null): PublishedContract[] {
  return Object.entries(lock?.contracts ?? {}).flatMap(([type, versions]) =>
    Object.entries(versions).flatMap(([version, locked]) => {
      const { stream, subject, tenant, compacted, before } = locked;
      const facts = { type, version: Number(version), stream, subject, tenant, compacted };
      return [...before, locked].map(({ data, encoding }): PublishedContract => ({ ...facts, encoding, schema: data }));
    }),
  );
}
