import type { EventContract } from "../contract/index.ts";
import { type ContractsLock, type LockedContract, lockedContract, schemaAddress } from "./contracts-lock.ts";
import { lockDifferences } from "./lock-differences.ts";
import { type ContractsLockSource, readContractsLock } from "./read-contracts-lock.ts";
import { plannedContract } from "../plan/planned-contract.ts";

const mostDifferencesTold = 5;

/** What was agreed on the contracts of a service, by the lock that it was given. The lock is read when it is first needed. */
export class AgreedContracts {
  readonly #source: ContractsLockSource | undefined;
  readonly #agreed = new WeakMap<EventContract, { readonly locked: LockedContract | null }>();
  #lock: ContractsLock | null = null;

  constructor(source: ContractsLockSource | undefined) {
    this.#source = source;
  }

  /** Null where the service was given none. Throws `CONTRACTS_LOCK_INVALID`. */
  get lock(): ContractsLock | null {
    if (this.#source === undefined) return null;
    return (this.#lock ??= readContractsLock(this.#source));
  }

  /** The `dataschema` of a contract's events; null where nothing was agreed, or something else. */
  addressOf(contract: EventContract): string | null {
    const { lock } = this;
    const locked = this.#lockedAs(contract);
    return lock === null || locked === null ? null : schemaAddress(lock, locked);
  }

  /** The id of what its events are written with; null where nothing was agreed, or something else. */
  schemaIdOf(contract: EventContract): number | null {
    return this.#lockedAs(contract)?.registered?.id ?? null;
  }

  /** What was agreed, where the contract is as it was agreed. */
  #lockedAs(contract: EventContract): LockedContract | null {
    const { lock } = this;
    if (lock === null) return null;
    let known = this.#agreed.get(contract);
    if (known === undefined) {
      const locked = lockedContract(lock, contract.type, contract.version);
      const isAgreed = locked !== null && lockDifferences(lock, plannedContract(contract)).length === 0;
      this.#agreed.set(contract, (known = { locked: isAgreed ? locked : null }));
    }
    return known.locked;
  }

  /** Where the code is not what was agreed, one sentence a contract. Throws `CONTRACTS_LOCK_INVALID`. */
  differences(contracts: readonly EventContract[]): string[] {
    const { lock } = this;
    if (lock === null) return [];
    return contracts.flatMap((contract) => {
      const found = lockDifferences(lock, plannedContract(contract));
      if (found.length === 0) return [];
      const told = found.slice(0, mostDifferencesTold).join("; ");
      const more = found.length > mostDifferencesTold ? `; and ${found.length - mostDifferencesTold} more` : "";
      return [`contract ${contract.type} version ${contract.version} is not what was agreed: ${told}${more}`];
    });
  }
}

export const whatToDo =
  'See what it breaks with "throughline contracts check", and agree on it with "throughline contracts push"';
