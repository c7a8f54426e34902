import type { ServiceTable } from "throughline/seams";
import type { OpenTransaction } from "../open-transaction.ts";

const formerNamesSql = "SELECT former_names AS names FROM throughline.service";
const renameSql = "UPDATE throughline.service SET next_name = $1";
const codeSinceSql = 'SELECT since_ms AS "sinceMs" FROM throughline.code WHERE code = $1';
const rememberCodeSql = "INSERT INTO throughline.code (code, since_ms) VALUES ($1, $2) ON CONFLICT DO NOTHING";

export function serviceTable(transaction: OpenTransaction): ServiceTable {
  return {
    async formerNames() {
      const [row] = await transaction.rows<{ names: string }>(formerNamesSql);
      return JSON.parse(row?.names ?? "[]") as string[];
    },
    async rename(to) {
      await transaction.rows(renameSql, [to]);
    },
    async codeSince(code) {
      return (await transaction.rows<{ sinceMs: number }>(codeSinceSql, [code]))[0]?.sinceMs ?? null;
    },
    async rememberCode(code, nowMs) {
      await transaction.rows(rememberCodeSql, [code, nowMs]);
    },
  };
}
