import { type Isolation, Turns, type UnitOfWork } from "throughline/seams";
import type { OpenTransaction } from "./open-transaction.ts";
import { isolate } from "./scoped-tx.ts";
import type { SqliteTx } from "./sqlite-tx.ts";
import { controlTable } from "./tables/control-table.ts";
import { cursorTable } from "./tables/cursor-table.ts";
import { handlerTable } from "./tables/handler-table.ts";
import { inboxTable } from "./tables/inbox-table.ts";
import { leaseTable } from "./tables/lease-table.ts";
import { outboxTable } from "./tables/outbox-table.ts";
import { parkedTable } from "./tables/parked-table.ts";
import { positionTable } from "./tables/position-table.ts";
import { serviceTable } from "./tables/service-table.ts";

/** The runtime's view of an open transaction. */
export function unitOfWork(transaction: OpenTransaction): UnitOfWork<SqliteTx> {
  const turns = new Turns();
  return {
    isolate: <Outcome>(work: (tx: SqliteTx) => Outcome, options: Isolation) => {
      if (options.overlap === true) return isolate(transaction, options, work, () => undefined);
      // Savepoints nest, so two handlers at once on one connection would undo each other's writes. Those that overlap have none.
      const isolated = () => isolate(transaction, options, work, () => turns.end());
      const turn = turns.begin();
      return turn === null ? isolated() : (turn.then(isolated) as Promise<Awaited<Outcome>>);
    },
    // The write lock of the file is this one, too.
    lockHandler: async () => void transaction.connection(),
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
