import type { EventContract, EventData } from "./event-contract.ts";
import { isContract } from "./is-contract.ts";

/**
 * A contract with less in it, made by `defineReader`: what one consumer reads of the events of another contract. It is only ever
 * read, and `schema` is what the consumer declared.
 */
export interface ReaderContract<Type extends string = string, Data = unknown> extends EventContract<Type, Data> {
  /** The contract whose events are read: whose version they are lifted to, and by whose upcasters. */
  readonly narrows: EventContract;
}

/**
 * `unknown` where every event that the contract lets out has the data that is asked for, so that it adds nothing to a type; else
 * a type that no schema has, whose name is what the compiler says.
 */
export type Promised<Contract, Data> =
  // A contract whose data has no type, or a reader that reads nothing (`z.object({})`), leaves nothing to compare.
  [unknown, Data] extends [EventData<Contract>, unknown] | [unknown, Readonly<Record<string, never>>]
    ? unknown
    : EventData<Contract> extends Data
      ? unknown
      : { readonly "~the contract does not promise this data": EventData<Contract> };

/** Whether a contract is one of `defineReader`'s. */
export function isReader(contract: unknown): contract is ReaderContract {
  // It is asked for every event: most contracts narrow nothing.
  return isContract((contract as Partial<ReaderContract> | null | undefined)?.narrows) && isContract(contract);
}
