import { isThroughlineError } from "../errors/index.ts";
import type { UnitOfWork } from "../seams/store.ts";
import type { HandlerState } from "./handler-state.ts";
import { TransactionAbandoned } from "./handler-transaction.ts";
import type { ServiceScope } from "./scope.ts";

/**
 * One transaction that runs events of a handler: under the handler's lock while its transactions are in each other's way.
 * @param events Those that it has run so far.
 */
export async function handlerUnit<Tx, T>(
  { store, settings, logger }: Pick<ServiceScope<Tx>, "store" | "settings" | "logger">,
  handler: HandlerState<Tx>,
  events: { readonly length: number },
  work: (unit: UnitOfWork<Tx>) => Promise<T>,
): Promise<T> {
  const { contention } = handler;
  const { isSerial } = contention;
  const transact = (): Promise<T> =>
    store.unitOfWork(async (unit) => {
      // Before anything else is locked: so nobody waits in a circle.
      if (isSerial) await unit.lockHandler(handler.id);
      return work(unit);
    });
  try {
    const result = await (isSerial ? contention.inTurn(transact) : transact());
    contention.committed(settings.maxBatchRecords);
    return result;
  } catch (error) {
    const reason = error instanceof TransactionAbandoned ? error.reason : error;
    if (isThroughlineError(reason, "TX_CONFLICT") && contention.conflicted(events.length, isSerial)) {
      const about = { handler: handler.spec.name, err: reason };
      logger.info(about, "transactions of this handler are in each other's way: they run one after the other until it is calm");
    }
    throw error;
  }
}
