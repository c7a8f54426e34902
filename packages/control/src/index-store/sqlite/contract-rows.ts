import type { DatabaseSync } from "node:sqlite";
import { type ContractsAnnouncement, readContracts, servicesTopic } from "throughline/system-topics";
import { areContracts } from "../../indexing/readable-contracts.ts";
import { readOrSkip } from "../../reading/read-or-skip.ts";
import type { IndexedContracts } from "../index-store.ts";
import { rowsOf } from "./prepared.ts";

const mostKept = 2_000;

/** The contracts that services announced. A record is named by the hash of what it says, so each is read once. */
export class ContractRows {
  readonly #read = new Map<string, ContractsAnnouncement>();

  all(db: DatabaseSync): IndexedContracts[] {
    const keys = rowsOf<{ key: string; first_ms: number }>(
      db,
      "SELECT key, first_ms FROM latest WHERE topic = ? AND instr(key, '/contracts/') > 0 ORDER BY first_ms, key",
      servicesTopic,
    );
    return keys.flatMap(({ key, first_ms: firstMs }) => {
      const found = this.#one(db, key);
      return found === null ? [] : [{ ...found, firstMs }];
    });
  }

  #one(db: DatabaseSync, key: string): ContractsAnnouncement | null {
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const sql = "SELECT value FROM latest WHERE topic = ? AND key = ?";
    const [row] = rowsOf<{ value: Uint8Array }>(db, sql, servicesTopic, key);
    const found = row === undefined ? null : readOrSkip(() => readContracts(row.value));
    if (found === null || !areContracts(found.contracts)) return null;
    if (this.#read.size >= mostKept) this.#read.clear();
    this.#read.set(key, found);
    return found;
  }
}
