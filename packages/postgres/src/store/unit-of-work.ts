import { type Isolation, Turns, type UnitOfWork } from "throughline/seams";
import type { OpenTransaction } from "./open-transaction.ts";
import type { PostgresTx } from "./postgres-tx.ts";
import { isolate } from "./scoped-tx.ts";
import { controlTable } from "./tables/control-table.ts";
import { cursorTable } from "./tables/cursor-table.ts";
import { handlerTable } from "./tables/handler-table.ts";
import { inboxTable } from "./tables/inbox-table.ts";
import { leaseTable } from "./tables/lease-table.ts";
import { outboxTable } from "./tables/outbox-table.ts";
import { parkedTable } from "./tables/parked-table.ts";
import { positionTable } from "./tables/position-table.ts";
import { serviceTable } from "./tables/service-table.ts";

const lockHandlerSql = "SELECT pg_advisory_xact_lock(hashtextextended('throughline handler ' || $1::int, 5))";

export type RunOver<Tx> = <Outcome>(client: PostgresTx, work: (tx: Tx) => Outcome) => Outcome | Promise<Awaited<Outcome>>;

/**
 * The runtime's view of an open transaction.
 * @param over Runs a handler's work with what handlers get, made from a scoped client.
 */
export function unitOfWork<Tx>(transaction: OpenTransaction, over: RunOver<Tx>): UnitOfWork<Tx> {
  const turns = new Turns();
  return {
    isolate: <Outcome>(work: (tx: Tx) => Outcome, options: Isolation) => {
      const run = (end: () => void): Outcome | Promise<Awaited<Outcome>> =>
        isolate(transaction, options, (client) => over(client, work) as Outcome, end);
      if (options.overlap === true) return run(() => undefined);
      const isolated = (): Outcome | Promise<Awaited<Outcome>> => run(() => turns.end());
      const turn = turns.begin();
      return turn === null ? isolated() : (turn.then(isolated) as Promise<Awaited<Outcome>>);
    },
    async lockHandler(handlerId) {
      await transaction.rows(lockHandlerSql, [handlerId]);
    },
    handlers: handlerTable(transaction),
    cursors: cursorTable(transaction),
    inbox: inboxTable(transaction),
    positions: positionTable(transaction),
    parked: parkedTable(transaction),
    outbox: outboxTable(transaction),
    leases: leaseTable(transaction),
    controls: controlTable(transaction),
    service: serviceTable(transaction),
  };
}
