import type { Store, StoreFeatures } from "throughline/seams";

/**
 * A store under the conformance suite: how to open one, and how to write through its `Tx`. A test whose hook is absent is
 * skipped, and says so; the tests of a feature run where the feature is declared.
 */
export interface StoreUnderTest<Tx> {
  /** What this store declares; the suite checks that `store.features` says the same. */
  readonly features: StoreFeatures;
  /**
   * Makes an empty, migrated store that nobody else uses. The suite calls `store.open` and `store.close`. A limit that is given
   * is the `transactionLimitMs` it shall have.
   */
  create(options: { transactionLimitMs?: number }): Promise<Store<Tx>>;
  readonly effects: StoreEffects<Tx>;
  /** Another connection to the same data, not opened yet. Needed by `processes` and `durable`. */
  reconnect?(store: Store<Tx>): Promise<Store<Tx>>;
  /** Lets the next commit that writes take effect or not, and then lose its answer. */
  loseNextCommit?(store: Store<Tx>, effect: "committed" | "rolled-back"): Promise<void> | void;
  /** Cuts the store off (true), and lets it be reached again (false). */
  setUnavailable?(store: Store<Tx>, unavailable: boolean): Promise<void> | void;
  /** How long a test waits for what must happen. Milliseconds; default 10,000. */
  readonly patienceMs?: number;
}

/** The user's side of a store, as the suite's handlers use it: a table of numbers by key. */
export interface StoreEffects<Tx> {
  /** The application's own transaction, as a route opens it. */
  transaction<T>(store: Store<Tx>, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Inserts or replaces. */
  put(tx: Tx, key: string, value: number): Promise<void>;
  /** What `tx` sees; null when there is nothing. */
  get(tx: Tx, key: string): Promise<number | null>;
  /** Rejects when the key exists, by a unique constraint of the database: a statement that fails. */
  insertUnique(tx: Tx, key: string, value: number): Promise<void>;
  /** Reads with a row lock, then writes the sum. Needed by the feature `rowLocks`. */
  increment?(tx: Tx, key: string, by: number): Promise<void>;
  /** The client's nested transaction: a savepoint, rolled back when `work` rejects. */
  nested<T>(tx: Tx, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Sends BEGIN, runs `work`, and sends COMMIT, or ROLLBACK when `work` rejects: as an ORM does with a client it was given. */
  beginCommit?(tx: Tx, work: (tx: Tx) => Promise<void>): Promise<void>;
  /** Sends a statement that outlives its event where a transaction is shared: `SET`, an isolation level, a PRAGMA. */
  outlive?(tx: Tx): Promise<void>;
  /** A setting that lives as long as the transaction. Needed by the feature `transactionSettings`. */
  readonly setting?: {
    set(tx: Tx, value: string): Promise<void>;
    /** Null when the transaction has set none. */
    get(tx: Tx): Promise<string | null>;
  };
}
