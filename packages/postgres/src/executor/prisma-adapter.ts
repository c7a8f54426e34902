import { AsyncLocalStorage } from "node:async_hooks";
import { PrismaPg } from "@prisma/adapter-pg";
import type { ClientBase, Pool, QueryConfig } from "pg";
import { postgresError } from "../errors/index.ts";
import type { PostgresTx } from "../store/postgres-tx.ts";
import { isPool } from "./is-pool.ts";

type Adapter = Awaited<ReturnType<PrismaPg["connect"]>>;
type PrismaTransaction = Awaited<ReturnType<Adapter["startTransaction"]>>;

/** A transaction that the application opened with Prisma. */
export interface RouteTransaction {
  readonly client: ClientBase;
  /** Calls `done` once when it has ended, however it ended. */
  onEnd(done: () => void): void;
}

/** What Prisma is to open a transaction over, and whether what runs in it has settled. */
export interface OpenedOver {
  readonly client: PostgresTx;
  hasSettled: boolean;
}

/** What a transaction of Prisma sends its statements on. */
export type EngineTransaction = RouteTransaction | { readonly scoped: PostgresTx };

/**
 * Prisma's own adapter for `pg`, through which the store also hands its transactions to a Prisma client, and finds the connection
 * of a transaction that a route opened.
 * @example
 *   const adapter = new StorePrismaPg(new pg.Pool({ connectionString, pipeline: true }));
 *   const prisma = new PrismaClient({ adapter });
 *   const store = postgres({ executor: fromPrisma(prisma, adapter) });
 */
export class StorePrismaPg extends PrismaPg {
  readonly pool: Pool;
  /** What the next transaction is to be opened over. */
  readonly #over = new AsyncLocalStorage<OpenedOver | null>();
  /** Who asks for a transaction's connection, by the statement that the transaction is told to send. */
  readonly #asking = new Map<string, (transaction: EngineTransaction) => void>();
  #asked = 0;

  constructor(pool: Pool, options?: ConstructorParameters<typeof PrismaPg>[1]) {
    if (!isPool(pool)) throw postgresError("POSTGRES_EXECUTOR_INVALID", { what: "StorePrismaPg needs a pg pool" });
    super(pool, options);
    this.pool = pool;
  }

  override async connect(): Promise<Adapter> {
    const adapter = await super.connect();
    const start = adapter.startTransaction;
    adapter.startTransaction = async (isolation) => {
      const over = this.#over.getStore() ?? null;
      if (over !== null) return start.call(this.#withClient(adapter, over), isolation);
      return this.#followed(await start.call(adapter, isolation));
    };
    return adapter;
  }

  /** Runs `work`, in which Prisma opens one transaction: over this client. What `inside` runs is outside of this again. */
  openOver<T>(over: OpenedOver, work: (inside: <R>(run: () => R) => R) => T): T {
    return this.#over.run(over, () => work((run) => this.#over.run(null, run)));
  }

  /** The transaction in which `send` sends a statement; null when it is none of this adapter's. Changes nothing. */
  async transactionOf(send: (sql: string) => Promise<unknown>): Promise<EngineTransaction | null> {
    this.#asked += 1;
    const sql = `SELECT 'throughline ${this.#asked}'`;
    let found: EngineTransaction | null = null;
    this.#asking.set(sql, (transaction) => (found = transaction));
    try {
      await send(sql);
    } finally {
      this.#asking.delete(sql);
    }
    return found;
  }

  /** Makes a transaction of the application answer who asks for it, and tell its end. */
  #followed(transaction: PrismaTransaction): PrismaTransaction {
    const { client } = transaction as unknown as { client: ClientBase };
    const listeners: (() => void)[] = [];
    const { executeRaw, commit, rollback } = transaction;
    const thenTell = (end: () => Promise<void>) => async (): Promise<void> => {
      await end.call(transaction);
      for (const done of listeners.splice(0)) done();
    };
    return Object.assign(transaction, {
      executeRaw: async (query: Parameters<typeof executeRaw>[0]) => {
        const ask = this.#asking.get(query.sql);
        if (ask === undefined) return executeRaw.call(transaction, query);
        ask({ client, onEnd: (done) => void listeners.push(done) });
        return 0;
      },
      commit: thenTell(commit),
      rollback: thenTell(rollback),
    });
  }

  /**
   * The adapter as it would be if its pool gave out this client, and nothing else. Prisma's own BEGIN, and the end that follows it
   * when all is done, are the store's business.
   */
  #withClient(adapter: Adapter, over: OpenedOver): Adapter {
    let hasBegun = false;
    const connection = {
      query: async (statement: QueryConfig): Promise<unknown> => {
        if (!hasBegun) {
          hasBegun = true;
          return { rowCount: 0 };
        }
        if (over.hasSettled && (statement.text === "COMMIT" || statement.text === "ROLLBACK")) return { rowCount: 0 };
        const ask = this.#asking.get(statement.text);
        if (ask === undefined) return over.client.query(statement);
        ask({ scoped: over.client });
        return { rowCount: 0 };
      },
      on: ignore,
      removeListener: ignore,
      release: ignore,
    };
    return Object.assign(Object.create(adapter) as Adapter, { client: { connect: async () => connection } });
  }
}

const ignore = (): void => undefined;
