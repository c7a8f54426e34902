import { readerSchema } from "../contract/contract-data.ts";
import { type EventContract, isAdopted } from "../contract/index.ts";
import type { HandlerSpec } from "../handling/handler-state.ts";
import type { PublishedContract, ReadContract, ServiceContracts } from "../system-topics/index.ts";

type ReadingHandler = Pick<HandlerSpec<never>, "name" | "order" | "contracts">;

/** What a service publishes and its handlers read, as it is told to others. */
export function serviceContracts(publishes: readonly EventContract[], handlers: readonly ReadingHandler[]): ServiceContracts {
  return {
    publishes: publishes.map(publishedContract),
    handlers: handlers.map(({ name, order, contracts }) => ({ name, order, reads: [...contracts.values()].map(readContract) })),
  };
}

function publishedContract(contract: EventContract): PublishedContract {
  return { ...factsOf(contract), compacted: contract.compacted, schema: contract.schema };
}

function readContract(contract: EventContract): ReadContract {
  return {
    ...factsOf(contract),
    schema: readerSchema(contract),
    lifts: Object.keys(contract.upcast).map(Number),
    adopted: isAdopted(contract),
  };
}

function factsOf({ type, version, stream, subject, tenant, personal, encoding = null }: EventContract) {
  const written = encoding === null ? null : { schemaType: encoding.schemaType, schema: encoding.schema };
  return { type, version, stream, subject, tenant, personal, encoding: written };
}
