import type { Pool, PoolClient, PoolConfig, QueryResult, QueryResultRow } from "pg";
import { coreError, crashPoint, isThroughlineError } from "throughline/seams";
import type { CommitNews, NewOutboxRow, Store, StoreFeatures, Surroundings, UnitOfWork, UnitOptions } from "throughline/seams";
import { checkedSchema, placeOf, postgresUrl, schemaOf, storeName } from "../database/postgres-address.ts";
import { endsConnection } from "../database/postgres-failure.ts";
import { type ServerFacts, serverFacts } from "../database/server-facts.ts";
import { Session, type Statement } from "../database/session.ts";
import { Wake } from "../database/wake.ts";
import { postgresError, storeFailure } from "../errors/index.ts";
import type { PostgresExecutor } from "../executor/executor.ts";
import { HiddenSession } from "../executor/hidden-session.ts";
import { fromPool, poolFor } from "../executor/pg-executor.ts";
import { checkedOver } from "./check-deferred.ts";
import { claimStore } from "./claim-store.ts";
import { migrateStore } from "./migrate.ts";
import { OpenTransaction, type OpenTransactionOptions } from "./open-transaction.ts";
import type { PostgresTx } from "./postgres-tx.ts";
import { scopeOf } from "./scoped-tx.ts";
import { Statements } from "./statements.ts";
import { addToOutbox } from "./tables/outbox-table.ts";
import { type RunOver, unitOfWork } from "./unit-of-work.ts";

export interface PostgresStoreOptions<Tx = PostgresTx> {
  /** `postgres://user:password@host:5432/database`. The store then has a pool of its own. */
  readonly url?: string;
  /** How many connections the store's own pool opens at most; default 10. For `url` only. */
  readonly maxConnections?: number;
  /** The application's client, in place of `url`: `fromPool(pool)`, or an ORM's. */
  readonly executor?: PostgresExecutor<Tx>;
  /** Where Throughline's tables stand: one schema for each service. Default: what `url` says in `?schema=…`, else `throughline`. */
  readonly schema?: string;
  /** The application's own tables, run each time the store is opened: `CREATE TABLE IF NOT EXISTS …`. Default: none. */
  readonly tables?: string;
  /** Whether opening brings Throughline's tables to this version (default), or refuses a store that is behind. */
  readonly migrate?: boolean;
  /** A transaction that is open longer is rolled back with `TX_TOO_LONG`, by the server too. Milliseconds; default 8,000. */
  readonly transactionLimitMs?: number;
  /** Called once when the store is opened behind a pooler such as PgBouncer, with what follows from it. Default: `process.emitWarning`. */
  readonly onWarning?: (message: string) => void;
}

/** A service's own database, with Throughline's tables in a schema beside the application's. */
export interface PostgresStore<Tx = PostgresTx> extends Store<Tx> {
  /**
   * The application's own transaction: for routes. Commits when `work` fulfils and rolls back when it rejects.
   * @example
   *   await store.transaction(async (tx) => {
   *     await tx.query("UPDATE orders SET state = 'completed' WHERE id = $1", [id]);
   *     await orders.publish(OrderCompleted, { order_id: id, total }, { tx });
   *   });
   */
  transaction<T>(work: (tx: Tx) => Promise<T> | T): Promise<T>;
  /** Runs one statement by itself, outside of any transaction. */
  query<Row extends QueryResultRow = QueryResultRow>(text: string, values?: readonly unknown[]): Promise<QueryResult<Row>>;
}

/**
 * The store on PostgreSQL. It connects when its service starts; until then everything is refused.
 * @example
 *   const store = postgres({ url: process.env.DATABASE_URL });
 *   const billing = createService({ name: "billing", store, … });
 */
export function postgres<Tx>(options: PostgresStoreOptions<Tx> & { readonly executor: PostgresExecutor<Tx> }): PostgresStore<Tx>;
export function postgres(options: PostgresStoreOptions | string): PostgresStore;
export function postgres<Tx>(options: PostgresStoreOptions<Tx> | string): PostgresStore<Tx> {
  return new ServerStore(typeof options === "string" ? { url: options } : options);
}

interface Opened {
  readonly pool: Pool;
  /** For what is committed beside a unit of work, which may hold the last connection of the other. */
  readonly aside: Pool;
  readonly executor: PostgresExecutor<unknown>;
  readonly statements: Statements;
  readonly facts: ServerFacts;
  readonly wake: Wake;
  readonly surroundings: Surroundings;
  readonly running: Set<Promise<unknown>>;
}

class ServerStore<Tx> implements PostgresStore<Tx> {
  readonly features: StoreFeatures;
  readonly transactionLimitMs: number;
  readonly #options: PostgresStoreOptions<Tx>;
  readonly #schema: string;
  readonly #name: string;
  readonly #listeners = new Set<(news: CommitNews) => void>();
  /** Transactions that a client with hidden statements opened for the store, by its own object. */
  readonly #inside = new WeakMap<object, OpenTransaction>();
  #opened: Opened | null = null;
  #isClosed = false;
  #ownPool: Pool | null = null;

  constructor(options: PostgresStoreOptions<Tx>) {
    this.#options = options;
    this.transactionLimitMs = options.transactionLimitMs ?? 8_000;
    this.features = {
      rowLocks: true,
      transactionSettings: true,
      concurrentWriters: true,
      processes: true,
      durable: true,
      hidesStatements: options.executor?.open !== undefined,
    };
    if (options.executor === undefined) {
      if (options.url === undefined)
        throw postgresError("POSTGRES_ADDRESS_INVALID", { what: "neither url nor executor is given" });
      const url = postgresUrl(options.url);
      this.#schema = options.schema === undefined ? schemaOf(url) : checkedSchema(options.schema);
      this.#name = storeName(placeOf(url), this.#schema);
    } else {
      const { connectionString, ...place } = options.executor.pool.options as PoolConfig;
      this.#schema = checkedSchema(options.schema ?? "throughline");
      this.#name = storeName(connectionString === undefined ? place : placeOf(postgresUrl(connectionString)), this.#schema);
    }
  }

  async open({ service, surroundings, asFound = false }: Parameters<Store["open"]>[0]): Promise<void> {
    const executor = this.#executor();
    const { pool } = executor;
    const facts = await this.#prepare(pool, { service, surroundings, asFound });
    const statements = new Statements({ schema: this.#schema, named: !facts.isPooled });
    const wake = new Wake({
      config: configOf(pool),
      channel: `throughline_${this.#schema}`,
      canListen: !facts.isPooled,
      clock: surroundings.clock,
      onWake: (news) => {
        for (const listener of this.#listeners) listener(news);
      },
    });
    await wake.start();
    if (facts.isPooled) this.#warn();
    const before = this.#opened;
    const aside = poolFor({ ...configOf(pool), max: 2, query_timeout: this.transactionLimitMs });
    this.#opened = {
      pool,
      aside,
      executor,
      statements,
      facts,
      wake,
      surroundings,
      running: new Set(),
    };
    this.#isClosed = false;
    await release(before);
  }

  unitOfWork<T>(work: (unit: UnitOfWork<Tx>) => Promise<T>, options: UnitOptions = {}): Promise<T> {
    const { readOnly = false, isRehearsal = false } = options;
    return this.#track((opened) => {
      const executor = opened.executor as PostgresExecutor<Tx>;
      if (executor.open !== undefined && isRehearsal) throw coreError("STORE_CANNOT_REHEARSE", { store: this.#name });
      if (executor.open !== undefined) return this.#transactInside(opened, executor.open, work, readOnly);
      const over = isRehearsal ? checkedOver(runOver(executor)) : () => runOver(executor);
      const run = (transaction: OpenTransaction): Promise<T> => work(unitOfWork(transaction, over(transaction)));
      return this.#transact(opened, run, { readOnly, isRehearsal });
    });
  }

  transaction<T>(work: (tx: Tx) => Promise<T> | T): Promise<T> {
    return this.unitOfWork((unit) => unit.isolate(async (tx) => work(tx), { savepoint: false, alone: true }));
  }

  async query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<QueryResult<Row>> {
    return this.#track(async ({ pool }) => {
      try {
        return await pool.query<Row>(text, values as unknown[]);
      } catch (error) {
        throw storeFailure(error, { store: this.#name, limitMs: this.transactionLimitMs });
      }
    });
  }

  async publishIn(tx: unknown, rows: readonly NewOutboxRow[]): Promise<void> {
    const opened = this.#whenOpen();
    const { executor, statements, wake } = opened;
    const { sql, values } = addToOutbox(rows);
    const client = executor.clientOf(tx);
    const found = scopeOf(client instanceof Promise ? await client : client);
    const inside = this.#inside.get(tx as object);
    if (inside !== undefined && inside.ended() === null) {
      if (rows.length === 0) return;
      await inside.send(statements.statement(sql, values));
      inside.hasPublished = true;
      return;
    }
    if (inside !== undefined) throw this.#txRequired("a transaction that has ended");
    if (found === null) {
      const foreign = executor.foreign(tx);
      if (foreign === null || typeof foreign === "string") throw this.#txRequired(foreign ?? describe(tx));
      if (rows.length === 0) return;
      await foreign.query(statements.statement(sql, values));
      // However it ended: who looks in vain has lost nothing.
      foreign.onEnd?.(() => wake.signal({ hasPublished: true, hasMadeDue: false }));
      return;
    }
    const { scope, level } = found;
    const { transaction } = scope;
    if (transaction.statements !== statements) throw this.#txRequired(`a transaction of another store, ${transaction.store}`);
    if (transaction.readOnly) throw this.#txRequired("a reading transaction");
    const refusal = scope.refusal(level);
    if (isThroughlineError(refusal, "TX_TOO_LONG")) throw refusal;
    if (refusal !== null) throw this.#txRequired("a transaction that has ended");
    scope.enter(level);
    if (rows.length === 0) return;
    const at = scope.innermost;
    const sent = transaction.sendRaw(statements.prepared(sql, values)).catch((error: unknown) => {
      throw scope.failed(error, at);
    });
    found.statements.add(sent);
    transaction.hasPublished = true;
    await sent;
  }

  onCommitted(listener: (news: CommitNews) => void): { stop(): void } {
    // A wrapper, so that the same function may listen twice.
    const own = (news: CommitNews): void => listener(news);
    this.#listeners.add(own);
    return { stop: () => void this.#listeners.delete(own) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const opened = this.#opened;
    this.#opened = null;
    await release(opened);
    const own = this.#ownPool;
    this.#ownPool = null;
    await own?.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #executor(): PostgresExecutor<Tx> {
    const { executor, url, maxConnections = 10 } = this.#options;
    if (executor !== undefined) return executor;
    this.#ownPool ??= poolFor({ connectionString: url, max: maxConnections });
    return fromPool(this.#ownPool) as unknown as PostgresExecutor<Tx>;
  }

  async #prepare(
    pool: Pool,
    { service, surroundings, asFound }: { service: string; surroundings: Surroundings; asFound: boolean },
  ): Promise<ServerFacts> {
    const { migrate = true, tables } = this.#options;
    const [store, schema] = [this.#name, this.#schema];
    return this.#onClient(pool, async (client) => {
      const facts = await serverFacts(client, { store });
      await migrateStore(client, { store, schema, migrate: migrate && !asFound, nowMs: surroundings.clock.now() });
      await client.query("BEGIN");
      await claimStore(client, { store, schema, service, asFound });
      crashPoint("store.before-open-commit");
      await client.query("COMMIT");
      if (tables !== undefined && !asFound) await createTables(client, { store, schema, tables });
      crashPoint("store.after-open");
      return facts;
    });
  }

  /** Outside of any unit of work. A client that failed is not given back. */
  async #onClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
    let client: PoolClient | undefined;
    try {
      client = await pool.connect();
      client.on("error", ignore);
      const result = await work(client);
      client.off("error", ignore);
      client.release();
      return result;
    } catch (error) {
      client?.release(true);
      throw storeFailure(error, { store: this.#name, limitMs: this.transactionLimitMs });
    }
  }

  async #track<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
    const opened = this.#whenOpen();
    const result = work(opened);
    opened.running.add(result);
    const ended = (): boolean => opened.running.delete(result);
    result.then(ended, ended);
    return result;
  }

  async #transact<T>(
    opened: Opened,
    work: (transaction: OpenTransaction) => Promise<T>,
    { readOnly, isRehearsal }: { readonly readOnly: boolean; readonly isRehearsal: boolean },
  ): Promise<T> {
    const { pool, facts, surroundings, wake } = opened;
    const client = await this.#connect(pool);
    const session = new Session(client);
    const lost = (): void => session.lose();
    client.on("error", lost);
    const transaction = new OpenTransaction(session, this.#transactionOptions(opened, readOnly));
    let isReusable = false;
    try {
      // Not waited for: what it is refused with, the next statement is refused with too.
      session.send(beginSql(facts, { readOnly, limitMs: this.transactionLimitMs })).catch((error: unknown) => {
        transaction.fail(transaction.readable(error));
      });
      const result = await transaction.run(() => work(transaction), surroundings.clock);
      if (isRehearsal) {
        isReusable = (await rolledBack(session, this.#last("ROLLBACK"))) && !transaction.isTainted;
        return result;
      }
      await this.#commit(session, transaction);
      isReusable = !transaction.isTainted;
      crashPoint("store.before-wake");
      wake.signal(transaction);
      return result;
    } catch (error) {
      isReusable = (await rolledBack(session, this.#last("ROLLBACK"))) && !transaction.isTainted;
      throw error;
    } finally {
      client.off("error", lost);
      client.on("error", ignore);
      client.release(!isReusable);
      if (isReusable) client.off("error", ignore);
      if (isRehearsal) for (const takeAway of transaction.afterRehearsal) await takeAway().catch(ignore);
    }
  }

  /** In a transaction of a client whose statements the store does not see. */
  async #transactInside<T>(
    opened: Opened,
    open: NonNullable<PostgresExecutor<Tx>["open"]>,
    work: (unit: UnitOfWork<Tx>) => Promise<T>,
    readOnly: boolean,
  ): Promise<T> {
    const limitMs = this.transactionLimitMs;
    let transaction: OpenTransaction | undefined;
    let isDone = false;
    try {
      const result = await open(
        async (tx, sender) => {
          const begun = new OpenTransaction(new HiddenSession(sender), this.#transactionOptions(opened, readOnly));
          transaction = begun;
          this.#inside.set(tx as object, begun);
          await begun.send(limitSql(opened.facts, limitMs));
          const done = await begun.run(() => work(unitOfWork(begun, (_client, inside) => inside(tx))), opened.surroundings.clock);
          isDone = true;
          return done;
        },
        { readOnly, limitMs },
      );
      if (transaction !== undefined) opened.wake.signal(transaction);
      return result;
    } catch (error) {
      const reason = storeFailure(error, { store: this.#name, limitMs });
      // Nothing was left to do but COMMIT.
      if (isDone && isThroughlineError(reason, "STORE_UNAVAILABLE"))
        throw coreError("COMMIT_UNKNOWN", { store: this.#name }, error);
      throw reason;
    }
  }

  #transactionOptions(opened: Opened, readOnly: boolean): OpenTransactionOptions {
    return {
      store: this.#name,
      readOnly,
      limitMs: this.transactionLimitMs,
      statements: opened.statements,
      hidesStatements: this.features.hidesStatements,
      aside: (sql, values) => this.#aside(opened, sql, values),
    };
  }

  async #connect(pool: Pool): Promise<PoolClient> {
    try {
      return await pool.connect();
    } catch (error) {
      throw storeFailure(error, { store: this.#name, limitMs: this.transactionLimitMs });
    }
  }

  async #commit(session: Session, transaction: OpenTransaction): Promise<void> {
    let command: string;
    try {
      const committed = session.send(this.#last("COMMIT"));
      crashPoint("store.commit-under-way");
      ({ command } = await committed);
    } catch (error) {
      // Answered with an error it has rolled back; without an answer it may have done either.
      if (transaction.failure !== null) throw transaction.failure.reason;
      if (session.isLost && !isAnswer(error)) throw coreError("COMMIT_UNKNOWN", { store: this.#name }, error);
      throw transaction.readable(error);
    }
    if (command !== "ROLLBACK") return;
    if (transaction.failure !== null) throw transaction.failure.reason;
    throw coreError("TX_STATEMENT_FAILED", { what: "the database answered COMMIT with ROLLBACK" });
  }

  /** A server that went away without a word is not waited for longer than for any other part of a transaction. */
  #last(text: "COMMIT" | "ROLLBACK"): Statement {
    return { text, query_timeout: this.transactionLimitMs };
  }

  async #aside(opened: Opened, sql: string, values: readonly unknown[]): Promise<Record<string, unknown>[]> {
    try {
      return (await opened.aside.query(opened.statements.statement(sql, values))).rows as Record<string, unknown>[];
    } catch (error) {
      throw storeFailure(error, { store: this.#name, limitMs: this.transactionLimitMs });
    }
  }

  #whenOpen(): Opened {
    if (this.#isClosed) throw coreError("STORE_CLOSED", { store: this.#name });
    if (this.#opened === null)
      throw coreError("STORE_UNAVAILABLE", { store: this.#name, what: "it is not open yet; start its service first" });
    return this.#opened;
  }

  #txRequired(given: string): Error {
    const expected = this.#options.executor?.expected ?? fromPool(this.#ownPool as Pool).expected;
    return coreError("TX_REQUIRED", { given, expected });
  }

  #warn(): void {
    const message = `store ${this.#name} is reached through a pooler: no statement is prepared, and instances learn of each other's events by looking once a second; give the store an address without the pooler to be woken at once`;
    if (this.#options.onWarning === undefined) process.emitWarning(message, { code: "THROUGHLINE_POOLER" });
    else this.#options.onWarning(message);
  }
}

const ignore = (): void => undefined;

function runOver<Tx>(executor: PostgresExecutor<Tx>): RunOver<Tx> {
  if (executor.runOver !== undefined) return executor.runOver;
  return (client, work) => work(executor.transactionOver(client));
}

/** In one round trip, and nothing that would outlive the transaction: behind a pooler its connection serves others. */
function beginSql(facts: ServerFacts, { readOnly, limitMs }: { readOnly: boolean; limitMs: number }): string {
  const begin = `BEGIN ISOLATION LEVEL READ COMMITTED${readOnly ? " READ ONLY" : ""}`;
  return `${begin}; ${limitSql(facts, limitMs)}`;
}

/** So that a process that is stopped inside a transaction does not block its successor without end. */
function limitSql({ version }: ServerFacts, limitMs: number): string {
  if (version >= 170_000) return `SET LOCAL transaction_timeout = ${limitMs}`;
  return `SET LOCAL idle_in_transaction_session_timeout = ${limitMs}; SET LOCAL statement_timeout = ${limitMs}`;
}

/** Whether the server answered, so that it is known what became of the transaction. */
function isAnswer(error: unknown): boolean {
  const { severity, code } = error as { severity?: unknown; code?: unknown };
  return severity === "ERROR" || (severity === "FATAL" && code === "25P04");
}

/** Rolls back; false when the connection cannot be used any more. Never throws. */
async function rolledBack(session: Session, rollback: Statement): Promise<boolean> {
  // A statement that is still open may be waiting for a lock: only the end of the connection ends it.
  if (session.isLost || session.open > 0) return false;
  try {
    await session.send(rollback);
    return true;
  } catch {
    return false;
  }
}

async function createTables(
  client: PoolClient,
  { store, schema, tables }: { store: string; schema: string; tables: string },
): Promise<void> {
  try {
    await client.query("BEGIN");
    // CREATE … IF NOT EXISTS of two instances at once fails in one of them.
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 6))", [`${schema} tables`]);
    await client.query(tables);
    await client.query("COMMIT");
  } catch (error) {
    if (endsConnection(error)) throw error;
    throw postgresError("POSTGRES_TABLES_INVALID", { store, what: (error as Error).message }, error);
  }
}

/** What connects as the pool does. */
function configOf(pool: Pool): PoolConfig {
  const { max: _max, min: _min, ...config } = pool.options as PoolConfig & { password?: unknown };
  // pg hides it from whoever looks at all properties.
  return { ...config, password: pool.options.password };
}

async function release(opened: Opened | null): Promise<void> {
  if (opened === null) return;
  while (opened.running.size > 0) await Promise.allSettled(opened.running);
  await opened.aside.end();
  // Last, for what was committed meanwhile is still to be told.
  await opened.wake.close();
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  const name = (value.constructor as { name?: string } | undefined)?.name;
  return name === undefined || name === "" || name === "Object"
    ? "an object that is no transaction"
    : `a ${name}, which is no transaction of this store`;
}
