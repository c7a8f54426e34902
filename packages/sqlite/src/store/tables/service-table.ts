import type { ServiceTable } from "throughline/seams";
import { prepared } from "../../database/prepared.ts";
import type { OpenTransaction } from "../open-transaction.ts";

const formerNamesSql = "SELECT former_names AS names FROM throughline_service";
const renameSql = "UPDATE throughline_service SET next_name = ?";
const codeSinceSql = "SELECT since_ms AS sinceMs FROM throughline_code WHERE code = ?";
const rememberCodeSql = "INSERT OR IGNORE INTO throughline_code (code, since_ms) VALUES (?, ?)";

export function serviceTable(transaction: OpenTransaction): ServiceTable {
  return {
    async formerNames() {
      const { names } = prepared(transaction.connection(), formerNamesSql).get() as { names: string };
      return JSON.parse(names) as string[];
    },
    async rename(to) {
      prepared(transaction.connection(), renameSql).run(to);
    },
    async codeSince(code) {
      const known = prepared(transaction.connection(), codeSinceSql).get(code) as { sinceMs: number } | undefined;
      return known?.sinceMs ?? null;
    },
    async rememberCode(code, nowMs) {
      prepared(transaction.connection(), rememberCodeSql).run(code, nowMs);
    },
  };
}
