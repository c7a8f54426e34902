import { Service, type ServiceOptions } from "./service.ts";

export type { Event, EventOf } from "./event.ts";
export type { BatchContext, BatchHandler, BatchHandlerOptions } from "./batch-handler.ts";
export type { CallContext, CallHandler, HandlerContext, HandlerOptions, StartPosition, TransactionHandler } from "./handler.ts";
export { PermanentError, RetryLater } from "./handler-errors.ts";
export { type RunOptions, runUntilSignal } from "./run-until-signal.ts";
export type { ProbesOptions } from "./probes.ts";
export type { RemovedHandler } from "./undeclared-handlers.ts";
export type { Health, Running } from "./running-service.ts";
export type { PublishOptions, Service, ServiceOptions, StartOverrides } from "./service.ts";
export type {
  RehearsalLetter,
  RehearsalOptions,
  RehearsedLetter,
  RehearsedOutcome,
  ServiceRehearsal,
} from "../rehearsal/rehearsal.ts";
export type { HandlingSettings } from "../handling/scope.ts";
export type { OrderPolicy } from "../handling/order-decision.ts";

/**
 * A service: a deployable with one consumer group, a store of its own, handlers, and events that it publishes.
 * @example
 *   const billing = createService({ name: "billing", from: "earliest", eventLog: () => openSqliteLog("./data/events.db"), store: sqlite("./data/billing.db") });
 */
export function createService<Tx = never>(options: ServiceOptions<Tx>): Service<Tx> {
  return new Service(options);
}
