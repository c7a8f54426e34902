import { coreError, isThroughlineError } from "../errors/index.ts";
import type { Isolation, NewOutboxRow } from "../seams/store.ts";
import type { MemoryDatabase } from "./memory-store-database.ts";
import { memoryStoreError } from "./memory-store-errors.ts";
import type { MemoryTransaction } from "./memory-store-transaction.ts";

/**
 * The memory store's own client: values by string key, in a transaction. Values are structured clones. It reads what is
 * committed plus what it wrote; a write locks its key until the transaction ends. A statement that rejects fails the
 * transaction, unless it was inside a nested one.
 * @example
 *   const paid = (await tx.lock<number>("account:1")) ?? 0;
 *   await tx.put("account:1", paid + 10);
 */
export interface MemoryTx {
  get<T = unknown>(key: string): Promise<T | undefined>;
  put(key: string, value: unknown): Promise<void>;
  /** Like `put`, but rejects with `MEMORY_KEY_TAKEN` when the key exists: a unique constraint. */
  insert(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  /** Waits until no other transaction holds the key, holds it until the end, and answers with its newest value. */
  lock<T = unknown>(key: string): Promise<T | undefined>;
  /** Sorted. */
  keys(prefix?: string): Promise<string[]>;
  /** A setting that lives as long as the transaction. Where events share one, it rejects with `TX_SHARING_ENDED`. */
  set(name: string, value: string): Promise<void>;
  setting(name: string): Promise<string | undefined>;
  /** Runs `work` behind a savepoint: a rejection undoes what `work` wrote, and only that. */
  transaction<T>(work: (tx: MemoryTx) => Promise<T>): Promise<T>;
}

/** A stretch of a transaction that one piece of the user's code may use. */
interface Scope {
  readonly transaction: MemoryTransaction;
  readonly parent: Scope | null;
  readonly alone: boolean;
  /** Others are open at the same time. */
  readonly overlap: boolean;
  settled: boolean;
  openNested: number;
  /** On the outermost scope: a statement ended the way in which it shares its transaction. No savepoint takes that back. */
  endsSharing: Error | null;
  /** On the outermost scope: the last statement sent. */
  lastStatement: Promise<unknown>;
}

const scopes = new WeakMap<object, Scope>();

/**
 * Hands `work` a `tx` that refuses use once `work` settled, and settles when the statements it left open have ended. Rejects
 * when one of them failed. With `savepoint` a rejection undoes what `work` wrote; without, the transaction has failed.
 */
export function runScope<T>(
  transaction: MemoryTransaction,
  work: (tx: MemoryTx) => Promise<T> | T,
  options: Isolation,
): Promise<T> {
  return run(newScope(transaction, null, options), work, options.savepoint);
}

function newScope(
  transaction: MemoryTransaction,
  parent: Scope | null,
  { alone, overlap = false }: Pick<Isolation, "alone" | "overlap">,
): Scope {
  return {
    transaction,
    parent,
    alone,
    overlap,
    settled: false,
    openNested: 0,
    endsSharing: null,
    lastStatement: Promise.resolve(),
  };
}

/** Writes outbox rows through a `tx` that is open and of this database, else rejects with `TX_REQUIRED`. */
export async function publishThrough(tx: unknown, database: MemoryDatabase, rows: readonly NewOutboxRow[]): Promise<void> {
  const scope = typeof tx === "object" && tx !== null ? scopes.get(tx) : undefined;
  const refuse = (given: string) =>
    coreError("TX_REQUIRED", { given, expected: "the tx of the memory store's transaction, or ctx.tx" });
  if (scope === undefined) throw refuse(tx === null ? "null" : `a value of type ${typeof tx} that is no transaction`);
  if (scope.transaction.database !== database) throw refuse("a transaction of another store");
  if (hasSettled(scope)) throw refuse("a transaction that has ended");
  await statement(scope, (transaction) => transaction.publish(rows));
}

async function run<T>(scope: Scope, work: (tx: MemoryTx) => Promise<T> | T, savepoint: boolean): Promise<T> {
  const { transaction, parent } = scope;
  const before = await transaction.statement(() => transaction.savepoint());
  const [outcome] = await Promise.allSettled([transaction.unlessAborted((async () => work(handleOf(scope)))())]);
  await settle(scope);
  const failure = scope.endsSharing ?? transaction.failure();
  if (outcome.status === "fulfilled" && failure === null) return outcome.value;

  // A deadlock stays one, though an ORM wrapped its error or the handler caught it: it is no attempt.
  const mayPass = isThroughlineError(failure) && failure.retryable;
  const reason: unknown = outcome.status === "fulfilled" || mayPass ? failure : outcome.reason;
  // Once the surrounding code has settled, what was written since the savepoint is somebody else's.
  if (parent !== null && hasSettled(parent)) throw reason;
  if (savepoint) transaction.rollbackTo(before);
  else transaction.fail(reason);
  throw reason;
}

async function settle(scope: Scope): Promise<void> {
  if (scope.openNested > 0)
    scope.transaction.fail(coreError("TX_STATEMENT_FAILED", { what: "a nested transaction was not awaited" }));
  scope.settled = true;
  // Statements run in the order in which they were sent, those of others between its own.
  await outermost(scope).lastStatement;
}

function hasSettled(scope: Scope): boolean {
  return scope.settled || (scope.parent !== null && hasSettled(scope.parent));
}

function outermost(scope: Scope): Scope {
  return scope.parent === null ? scope : outermost(scope.parent);
}

function statement<T>(scope: Scope, run: (transaction: MemoryTransaction) => T | Promise<T>): Promise<T> {
  if (hasSettled(scope)) return Promise.reject(coreError("TX_ENDED", {}));
  const result = scope.transaction.statement(() => run(scope.transaction));
  outermost(scope).lastStatement = result.catch(() => undefined);
  return result;
}

/** A statement that depends on others than itself: where scopes overlap, it rejects with `TX_OVERLAP_ENDED`. */
function dependent<T>(scope: Scope, what: string, run: (transaction: MemoryTransaction) => T | Promise<T>): Promise<T> {
  return statement(scope, (transaction) => {
    if (scope.overlap) throw (outermost(scope).endsSharing ??= coreError("TX_OVERLAP_ENDED", { statement: what }));
    return run(transaction);
  });
}

function nested<T>(parent: Scope, work: (tx: MemoryTx) => Promise<T>): Promise<T> {
  if (hasSettled(parent)) return Promise.reject(coreError("TX_ENDED", {}));
  if (parent.overlap) return dependent(parent, "a nested transaction", () => Promise.reject(new Error("unreachable")));
  parent.openNested += 1;
  const result = run(newScope(parent.transaction, parent, parent), work, true).finally(() => (parent.openNested -= 1));
  result.catch(() => undefined); // not awaited, it fails the surrounding code instead of the process
  return result;
}

function handleOf(scope: Scope): MemoryTx {
  const { values } = scope.transaction.database;
  const tx: MemoryTx = {
    get: <T>(key: string) => dependent(scope, `get ${key}`, (t) => structuredClone(t.get(values, key)?.value) as T | undefined),
    put: (key, value) => statement(scope, (t) => t.put(values, key, { value })),
    insert: (key, value) =>
      statement(scope, (t) =>
        t.change(values, key, (row) => {
          if (row !== undefined) throw memoryStoreError("MEMORY_KEY_TAKEN", { key });
          return { value };
        }),
      ),
    delete: (key) => statement(scope, (t) => t.delete(values, key)),
    lock: <T>(key: string) =>
      dependent(scope, `lock ${key}`, async (t) => {
        await t.lock(values, key);
        return structuredClone(t.get(values, key)?.value) as T | undefined;
      }),
    keys: (prefix = "") =>
      dependent(scope, `keys ${prefix}`, (t) => [...t.rows(values).keys()].filter((key) => key.startsWith(prefix)).sort()),
    set: (name, value) =>
      statement(scope, (t) => {
        if (!scope.alone) throw (outermost(scope).endsSharing = coreError("TX_SHARING_ENDED", { statement: `set ${name}` }));
        t.set(name, value);
      }),
    setting: (name) => dependent(scope, `setting ${name}`, (t) => t.settings.get(name)),
    transaction: (work) => nested(scope, work),
  };
  scopes.set(tx, scope);
  return tx;
}
