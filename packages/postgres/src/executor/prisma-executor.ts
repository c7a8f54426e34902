import type { PostgresTx } from "../store/postgres-tx.ts";
import type { ForeignTransaction, PostgresExecutor } from "./executor.ts";
import { isPool } from "./is-pool.ts";
import { transactionOn } from "./pg-executor.ts";
import type { OpenedOver, RouteTransaction, StorePrismaPg } from "./prisma-adapter.ts";

export { StorePrismaPg } from "./prisma-adapter.ts";

/** A generated Prisma client, as far as it is needed here. */
export interface PrismaClientLike {
  // oxlint-disable-next-line typescript/no-explicit-any -- the last of its overloads takes a function
  $transaction(work: any, options?: any): Promise<any>;
}

/** What `prisma.$transaction(async (tx) => …)` gives. */
export type PrismaTx<Client extends PrismaClientLike> = Parameters<Client["$transaction"]>[0] extends (tx: infer Tx) => unknown
  ? Tx
  : never;

/** As far as it is used here. */
interface Inside {
  $executeRawUnsafe(sql: string): Promise<unknown>;
}

// The store has a limit of its own.
const unlimited = { maxWait: 600_000, timeout: 600_000 };

/**
 * The application's Prisma client, and the adapter that it was made with, whose pool gives the store its connections. Handlers get
 * Prisma's own transaction client; a route publishes with the `tx` of `prisma.$transaction(async (tx) => …)`. An error of a
 * statement comes as Prisma throws it.
 * @example
 *   const adapter = new StorePrismaPg(new pg.Pool({ connectionString, pipeline: true }));
 *   const prisma = new PrismaClient({ adapter });
 *   const store = postgres({ executor: fromPrisma(prisma, adapter) });
 */
export function fromPrisma<Client extends PrismaClientLike>(
  prisma: Client,
  adapter: StorePrismaPg,
): PostgresExecutor<PrismaTx<Client>> {
  const clients = new WeakMap<object, PostgresTx>();
  /** What came of asking transactions that were not made here. */
  const found = new WeakMap<object, ForeignTransaction | string>();

  /** Which client a transaction sends on. One that is nested in a handler's sends on the handler's. */
  async function find(tx: Inside): Promise<PostgresTx | null> {
    try {
      const transaction = await adapter.transactionOf((sql) => tx.$executeRawUnsafe(sql));
      if (transaction !== null && "scoped" in transaction) return transaction.scoped;
      found.set(tx, transaction === null ? "a transaction of a Prisma client without the store's adapter" : onRoute(transaction));
    } catch (error) {
      // What Prisma calls a transaction that is closed, or unknown to it.
      if ((error as { code?: unknown }).code !== "P2028") throw error;
      found.set(tx, "a transaction that has ended");
    }
    return null;
  }

  function onRoute({ client, onEnd }: RouteTransaction): ForeignTransaction | string {
    const opened = transactionOn(client, adapter.pool);
    return typeof opened === "string" ? opened : { query: (statement) => opened.query(statement), onEnd };
  }
  return {
    pool: adapter.pool,
    async runOver<T>(client: PostgresTx, work: (tx: PrismaTx<Client>) => T): Promise<Awaited<T>> {
      const over: OpenedOver = { client, hasSettled: false };
      const inTransaction = (inside: <R>(run: () => R) => R): Promise<unknown> =>
        prisma.$transaction(async (tx: PrismaTx<Client> & object) => {
          clients.set(tx, client);
          try {
            return await inside(() => work(tx));
          } finally {
            over.hasSettled = true;
          }
        }, unlimited);
      return (await adapter.openOver(over, inTransaction)) as Awaited<T>;
    },
    clientOf(tx) {
      if (!isTransaction(tx)) return null;
      return clients.get(tx) ?? find(tx);
    },
    foreign(tx) {
      if (isPool(tx)) return "a pool, whose statements run on any connection";
      if (!isTransaction(tx)) return isPrisma(tx) ? "a Prisma client, whose statements run on any connection" : null;
      return found.get(tx) ?? null;
    },
    expected: "the tx that prisma.$transaction(async (tx) => …), store.transaction(async (tx) => …) or a handler's ctx.tx gives",
  };
}

function isPrisma(value: unknown): value is Inside {
  return typeof (value as Partial<Inside> | null | undefined)?.$executeRawUnsafe === "function";
}

/** What connects is no transaction. */
function isTransaction(value: unknown): value is Inside {
  return isPrisma(value) && (value as { $connect?: unknown }).$connect === undefined;
}
