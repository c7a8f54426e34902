import type { DatabaseSync } from "node:sqlite";
import { servicesTopic } from "throughline/system-topics";
import type { IndexedContracts } from "../index-store.ts";
import { type ContractsKey, KeptContracts } from "../kept-contracts.ts";
import { rowsOf } from "./prepared.ts";

const keysOf = `SELECT key, first_ms FROM latest WHERE topic = ? AND instr(key, '/contracts/') > 0 ORDER BY first_ms, key`;

/** The contracts that services announced. */
export class ContractRows {
  readonly #kept = new KeptContracts();

  all(db: DatabaseSync): IndexedContracts[] {
    const keys = rowsOf<ContractsKey>(db, keysOf, servicesTopic);
    for (const key of this.#kept.unread(keys)) {
      const sql = "SELECT value FROM latest WHERE topic = ? AND key = ?";
      const [row] = rowsOf<{ value: Uint8Array }>(db, sql, servicesTopic, key);
      if (row !== undefined) this.#kept.add(key, row.value);
    }
    return this.#kept.all(keys);
  }
}
