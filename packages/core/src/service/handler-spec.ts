import { type EventContract, isAdopted } from "../contract/index.ts";
import type { EncodedSchemas } from "../encoding/encoded-schemas.ts";
import { coreError } from "../errors/index.ts";
import type { HandlerSpec } from "../handling/handler-state.ts";
import type { OrderPolicy } from "../handling/order-decision.ts";
import type { Event } from "./event.ts";
import { optionProblems, shapeProblems } from "./handler-problems.ts";
import type { BatchHandler, BatchHandlerOptions } from "./batch-handler.ts";
import type { CallHandler, HandlerOptions, StartPosition, TransactionHandler } from "./handler.ts";

export const defaultMaxParked = 100_000;
export const defaultRetryDelaysMs: readonly number[] = [1_000, 10_000, 60_000];
const transactionTimeoutMs = 5_000;
const callTimeoutMs = 30_000;
/** What a handler's own limit leaves to the transaction around it. */
const marginMs = 100;
const dayMs = 24 * 60 * 60 * 1000;

export interface HandlerDeclaration<Tx> {
  readonly name: string;
  readonly contracts: readonly EventContract[];
  readonly work: TransactionHandler<Event, Tx> | CallHandler<Event, Tx> | { readonly batch: BatchHandler<Event, Tx> };
  readonly options: HandlerOptions<Tx> & BatchHandlerOptions<Tx>;
}

export interface HandlerDefaults {
  readonly from: StartPosition | undefined;
  readonly retryDelaysMs: readonly number[];
  readonly maxParked: number;
  readonly transactionLimitMs: number;
  /** The store does not see what its client sends. */
  readonly hidesStatements: boolean;
  readonly schemas: EncodedSchemas;
}

/** Fills in a declared handler's defaults; throws `HANDLER_INVALID` with everything that is wrong with it. */
export function handlerSpec<Tx>(declaration: HandlerDeclaration<Tx>, defaults: HandlerDefaults): HandlerSpec<Tx> {
  const { name, contracts, work, options } = declaration;
  const { hidesStatements } = defaults;
  const shape = shapeProblems(declaration);
  if (shape.length > 0) throw coreError("HANDLER_INVALID", { handler: String(name), problems: shape });
  const order = orderOf(contracts, options);
  const isCall = typeof work !== "function" && !("batch" in work);
  const longestMs = Math.min(transactionTimeoutMs, defaults.transactionLimitMs - marginMs);
  const from = options.from ?? defaults.from;
  const problems = [
    ...optionProblems(declaration, defaults),
    ...(!isCall && options.timeoutMs !== undefined && options.timeoutMs > defaults.transactionLimitMs - marginMs
      ? [
          `timeoutMs ${options.timeoutMs} does not fit in the store's limit of ${defaults.transactionLimitMs} ms for a transaction; use at most ${defaults.transactionLimitMs - marginMs}, or { call, commit }`,
        ]
      : []),
    ...(isCall && options.replay === undefined && from !== "latest"
      ? [`it makes calls and begins before "latest": say replay: "run" to call for history too, or replay: "skip"`]
      : []),
    ...modeProblems(declaration),
    ...adoptionProblems(contracts, order),
    ...(order === "sequential" && contracts.some(({ compacted }) => compacted)
      ? [`order "sequential" needs all events of a stream, and a compacted topic keeps only the newest; use "latest"`]
      : []),
  ];
  if (problems.length > 0) throw coreError("HANDLER_INVALID", { handler: name, problems });
  return {
    name,
    contracts: new Map(contracts.map((contract) => [contract.type, contract])),
    schemas: contracts.some(({ encoding = null }) => encoding !== null) ? defaults.schemas : null,
    streams: [...new Set(contracts.map(({ stream }) => stream))],
    order,
    from,
    ownTransactions:
      options.transaction === "own" || (options.transaction === undefined && options.overlap !== true && hidesStatements),
    overlap: options.overlap ?? false,
    timeoutMs: options.timeoutMs ?? (isCall ? callTimeoutMs : longestMs),
    retryDelaysMs: options.retryDelaysMs ?? defaults.retryDelaysMs,
    holdsAfterDeadLetter: (options.afterDeadLetter ?? (order === "sequential" ? "hold" : "continue")) === "hold",
    renamedFrom: typeof options.renamedFrom === "string" ? [options.renamedFrom] : (options.renamedFrom ?? []),
    gapDeadlineMs: options.gapDeadlineMs ?? 60_000,
    windowMs: options.reorderWindowMs ?? 10_000,
    maxParked: options.maxParked ?? defaults.maxParked,
    onReset: options.onReset ?? null,
    work: workOf(declaration, longestMs),
  };
}

/** The order that a handler says, or that its contracts have by default. */
export function orderOf(contracts: readonly EventContract[], { order }: Pick<HandlerOptions, "order">): OrderPolicy {
  if (order !== undefined) return order;
  if (contracts.some(isAdopted)) return "any";
  return contracts.some(({ compacted }) => compacted) ? "latest" : "sequential";
}

/** Who writes to an existing topic numbers nothing. */
function adoptionProblems(contracts: readonly EventContract[], order: OrderPolicy): string[] {
  const adopted = contracts.find(isAdopted);
  if (adopted === undefined || order === "any") return [];
  return [
    `order "${order}" needs events that are numbered, and "${adopted.type}" is adopted from topic "${adopted.stream}", whose records carry no sequence of ours; leave the order out, which is "any", or handle other events in a handler of their own`,
  ];
}

function modeProblems<Tx>({ work, options }: HandlerDeclaration<Tx>): string[] {
  const isSingle = typeof work === "function";
  if (options.manyPerSubject !== undefined && !("batch" in work)) return ["manyPerSubject is for onBatch; leave it out"];
  if (options.overlap !== true) return [];
  if ("batch" in work) return ["overlap is for handlers of one event at a time; leave it out of onBatch"];
  return isSingle && options.transaction !== "own"
    ? []
    : [`overlap is for handlers that share a transaction; leave it out, or ${isSingle ? 'transaction: "own"' : "the call"}`];
}

function workOf<Tx>({ work, options }: HandlerDeclaration<Tx>, commitTimeoutMs: number): HandlerSpec<Tx>["work"] {
  if (typeof work === "function") return { kind: "transaction", run: work };
  if ("batch" in work) return { kind: "batch", manyPerSubject: options.manyPerSubject ?? false, run: work.batch };
  return {
    kind: "call",
    concurrency: options.concurrency ?? 50,
    keyValidForMs: options.keyValidForMs ?? dayMs,
    commitTimeoutMs,
    replay: options.replay ?? "skip",
    call: (event, context) => work.call(event, context),
    ...(work.commit === undefined ? {} : { commit: work.commit.bind(work) }),
    ...(work.check === undefined ? {} : { check: work.check.bind(work) }),
  };
}
