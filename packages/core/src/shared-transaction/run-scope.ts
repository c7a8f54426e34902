import type { Level, ScopedTransaction, TransactionScope } from "./transaction-scope.ts";

/**
 * Runs the work of one scope with the `tx` it is given, ends the scope when it has settled, and then calls `end`. Answers at once
 * where `work` and `settled` do and all is well. Rejects as `UnitOfWork.isolate` says.
 * @param settled Waits until the statements that the work left open have ended; null when there are none.
 */
export function runScope<Transaction extends ScopedTransaction, Outcome>(
  open: () => TransactionScope<Transaction>,
  work: (scope: TransactionScope<Transaction>, level: Level) => Outcome,
  options: { readonly end: () => void; readonly settled?: (scope: TransactionScope<Transaction>) => Promise<void> | null },
): Outcome | Promise<Awaited<Outcome>> {
  const { end, settled } = options;
  let scope: TransactionScope<Transaction>;
  try {
    scope = open();
  } catch (error) {
    end();
    return rejected(error);
  }
  let rejection: { reason: unknown } | null = null;
  let outcome: Outcome | undefined;
  try {
    outcome = work(scope, scope.current);
  } catch (reason) {
    rejection = { reason };
  }
  if (rejection === null && isPromise(outcome)) return settleLater(scope, outcome, options) as Promise<Awaited<Outcome>>;
  scope.close();
  const left = settled?.(scope) ?? null;
  if (left !== null) return left.then(() => answer(scope, rejection, outcome, end)) as Promise<Awaited<Outcome>>;
  const failure = settle(scope, rejection, end);
  return failure === null ? (outcome as Outcome) : rejected(failure.reason);
}

/** No async function: it costs each event more than two callbacks. */
function settleLater<Transaction extends ScopedTransaction>(
  scope: TransactionScope<Transaction>,
  outcome: PromiseLike<unknown>,
  { end, settled }: Parameters<typeof runScope<Transaction, unknown>>[2],
): Promise<unknown> {
  const settleWith = (rejection: { reason: unknown } | null, result: unknown): unknown => {
    scope.close();
    const left = settled?.(scope) ?? null;
    return left === null ? answer(scope, rejection, result, end) : left.then(() => answer(scope, rejection, result, end));
  };
  return Promise.resolve(outcome).then(
    (result) => settleWith(null, result),
    (reason: unknown) => settleWith({ reason }, undefined),
  );
}

function answer<Result>(scope: TransactionScope, rejection: { reason: unknown } | null, result: Result, end: () => void): Result {
  const failure = settle(scope, rejection, end);
  if (failure !== null) throw failure.reason;
  return result;
}

/** Ends a scope, and then its turn: why it failed, or null. */
function settle(scope: TransactionScope, rejection: { reason: unknown } | null, end: () => void): { reason: unknown } | null {
  try {
    return scope.settle(rejection) ?? rejection;
  } catch (reason) {
    return { reason };
  } finally {
    end();
  }
}

/** Handlers may throw anything. */
async function rejected(reason: unknown): Promise<never> {
  throw reason;
}

/** Work may answer with a promise of any kind. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** One piece of work at a time, in the order they came: savepoints nest, so two at once would undo each other's writes. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;

  /** Null when it is the caller's turn at once, else a promise of it. */
  begin(): Promise<void> | null {
    if (this.#isTaken) return new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#isTaken = true;
    return null;
  }

  end(): void {
    const next = this.#waiting.shift();
    // Handed on without a gap, so that nobody slips in between.
    if (next === undefined) this.#isTaken = false;
    else next();
  }
}
