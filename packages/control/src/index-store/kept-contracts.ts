import { type ContractsAnnouncement, readContracts } from "throughline/system-topics";
import { areContracts } from "../indexing/readable-contracts.ts";
import { readOrSkip } from "../reading/read-or-skip.ts";
import type { IndexedContracts } from "./index-store.ts";

/** Where a service's contracts stand, and since when. */
export interface ContractsKey {
  readonly key: string;
  readonly first_ms: number;
}

/**
 * What services announced of their contracts, for a store that has the records: each is read once, for its key has the hash of what it says.
 * While nothing new is announced the answer is the very same, so that what is made of it can be kept, too.
 */
export class KeptContracts {
  #read = new Map<string, ContractsAnnouncement | null>();
  #last: { readonly keys: string; readonly contracts: IndexedContracts[] } = { keys: "[]", contracts: [] };

  /** Those of some keys whose records are to be given to `add` before `all` is asked. */
  unread(keys: readonly ContractsKey[]): string[] {
    return keys.map(({ key }) => key).filter((key) => !this.#read.has(key));
  }

  add(key: string, value: Uint8Array): void {
    const found = readOrSkip(() => readContracts(value));
    this.#read.set(key, found === null || !areContracts(found.contracts) ? null : found);
  }

  all(keys: readonly ContractsKey[]): IndexedContracts[] {
    const told = JSON.stringify(keys.map(({ key, first_ms: firstMs }) => [key, firstMs]));
    if (told === this.#last.keys) return this.#last.contracts;
    const contracts = keys.flatMap(({ key, first_ms: firstMs }) => {
      const found = this.#read.get(key) ?? null;
      return found === null ? [] : [{ ...found, firstMs }];
    });
    // What is announced no more is forgotten.
    this.#read = new Map(keys.map(({ key }) => [key, this.#read.get(key) ?? null]));
    this.#last = { keys: told, contracts };
    return contracts;
  }
}
