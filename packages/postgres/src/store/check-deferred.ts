import type { OpenTransaction } from "./open-transaction.ts";
import type { RunOver } from "./unit-of-work.ts";

// Rolled back, it leaves every constraint as it was: put off, and to be checked again.
const checkSql =
  "SAVEPOINT throughline_check; SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK TO SAVEPOINT throughline_check; RELEASE SAVEPOINT throughline_check";

/**
 * Runs a handler's work, then checks what is put off until COMMIT: a rehearsal never comes to that. Its failure is the work's.
 * A statement of the work that failed before makes every other one fail, and is told of in its place.
 */
export function checkedOver<Tx>(over: RunOver<Tx>): (transaction: OpenTransaction) => RunOver<Tx> {
  return (transaction) => (client, work) =>
    over(client, async (tx) => {
      const outcome = await work(tx);
      try {
        await transaction.sendRaw(checkSql);
      } catch (error) {
        if ((error as { code?: string }).code !== inFailedTransaction) throw transaction.readable(error);
      }
      return outcome;
    }) as never;
}

const inFailedTransaction = "25P02";
