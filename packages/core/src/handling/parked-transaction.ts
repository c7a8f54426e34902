import type { ParkedRow, UnitOfWork } from "../seams/store.ts";
import type { HandlerState } from "./handler-state.ts";
import { HandlerTransaction, type ReplayMode, type TransactionMode } from "./handler-transaction.ts";
import type { ServiceScope } from "./scope.ts";

const noFailures: ReadonlyMap<string, unknown> = new Map();

/** What a transaction for parked events works with; by default each failure undoes only its own event. */
export interface ParkedWork {
  readonly replay: ReplayMode;
  readonly mode?: TransactionMode;
  /** As for `HandlerTransaction`. */
  readonly failures?: ReadonlyMap<string, unknown>;
  readonly taken?: string;
}

/** A handler's transaction for a parked event, and others of its run and stream. */
export function parkedTransaction<Tx>(
  scope: ServiceScope<Tx>,
  handler: HandlerState<Tx>,
  unit: UnitOfWork<Tx>,
  row: ParkedRow,
  { mode = { savepoint: true, alone: false }, failures = noFailures, ...work }: ParkedWork,
): HandlerTransaction<Tx> {
  return new HandlerTransaction({ scope, handler, run: row, stream: row.stream, unit, mode, failures, ...work });
}
