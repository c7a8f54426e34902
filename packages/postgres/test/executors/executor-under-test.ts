import type { PostgresExecutor } from "../../src/index.ts";

export const tables = "CREATE TABLE IF NOT EXISTS numbers (key text PRIMARY KEY, value integer NOT NULL)";

/** An executor for a database with the table of numbers, and the application's own use of its client. */
export interface ExecutorUnderTest<Tx> {
  readonly name: string;
  open(url: string): Promise<OpenedClient<Tx>>;
  insert(tx: Tx, key: string, value: number): Promise<void>;
  /** Inserts or replaces. */
  put(tx: Tx, key: string, value: number): Promise<void>;
  get(tx: Tx, key: string): Promise<number | null>;
  /** Sends one SQL statement; answers with the rows it returned. */
  raw(tx: Tx, sql: string): Promise<Record<string, unknown>[]>;
  /** The client's nested transaction, or a savepoint sent by hand where it has none. */
  nested<T>(tx: Tx, work: (tx: Tx) => Promise<T>): Promise<T>;
}

export interface OpenedClient<Tx> {
  readonly executor: PostgresExecutor<Tx>;
  /** The transaction that the application opens itself, with the client alone. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** What somebody may take for a transaction, by what messages call it. */
  readonly noTransactions: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

/** A savepoint as one sends it by hand. */
export async function byHand<Tx, T>(
  send: (sql: string) => Promise<unknown>,
  { tx, work }: { tx: Tx; work: (tx: Tx) => Promise<T> },
): Promise<T> {
  await send("SAVEPOINT by_hand");
  try {
    const result = await work(tx);
    await send("RELEASE SAVEPOINT by_hand");
    return result;
  } catch (error) {
    await send("ROLLBACK TO SAVEPOINT by_hand");
    throw error;
  }
}
