import type { HandlerState } from "./handler-state.ts";
import type { ServiceScope } from "./scope.ts";

/** A statement ended overlapping or sharing (R4): the handler goes on without, in all instances and after a restart, and says so. */
export async function endSharing<Tx>(
  scope: ServiceScope<Tx>,
  handler: HandlerState<Tx>,
  ended: "overlap" | "sharing",
  why: string,
): Promise<void> {
  handler.row = { ...handler.row, ...(ended === "overlap" ? { overlapEnded: true } : { ownTransactions: true }) };
  scope.logger.warn({ handler: handler.spec.name }, why);
  // If it cannot be remembered now, it ends again, and is remembered then.
  await scope.store.unitOfWork((unit) => unit.handlers.endSharing(handler.id, ended)).catch(() => undefined);
}
