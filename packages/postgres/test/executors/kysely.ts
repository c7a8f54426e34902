import { CompiledQuery, Kysely, PostgresDialect, type Transaction } from "kysely";
import pg from "pg";
import { fromKysely } from "../../src/executor/kysely-executor.ts";
import { byHand, type ExecutorUnderTest } from "./executor-under-test.ts";

export interface Database {
  numbers: { key: string; value: number };
}

const raw = async (tx: Transaction<Database>, sql: string): Promise<Record<string, unknown>[]> =>
  (await tx.executeQuery(CompiledQuery.raw(sql))).rows as Record<string, unknown>[];

export const kyselyUnderTest: ExecutorUnderTest<Transaction<Database>> = {
  name: "Kysely",
  async open(url) {
    const pool = new pg.Pool({ connectionString: url, pipeline: true });
    const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
    return {
      executor: fromKysely(db, { pool }),
      transaction: (work) => db.transaction().execute(work),
      noTransactions: { "a Kysely database": db, "a pool": pool, "an object": {} },
      close: () => pool.end(),
    };
  },
  insert: async (tx, key, value) => void (await tx.insertInto("numbers").values({ key, value }).execute()),
  put: async (tx, key, value) => {
    const insert = tx.insertInto("numbers").values({ key, value });
    await insert.onConflict((conflict) => conflict.column("key").doUpdateSet({ value })).execute();
  },
  get: async (tx, key) => {
    const row = await tx.selectFrom("numbers").select("value").where("key", "=", key).executeTakeFirst();
    return row?.value ?? null;
  },
  raw,
  nested: (tx, work) => byHand((sql) => raw(tx, sql), { tx, work }),
};
