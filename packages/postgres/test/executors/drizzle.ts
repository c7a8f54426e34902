import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import pg from "pg";
import { type DrizzleTx, fromDrizzle } from "../../src/executor/drizzle-executor.ts";
import type { ExecutorUnderTest } from "./executor-under-test.ts";

export const numbers = pgTable("numbers", { key: text().primaryKey(), value: integer().notNull() });
const schema = { numbers };

export const drizzleUnderTest: ExecutorUnderTest<DrizzleTx<typeof schema>> = {
  name: "Drizzle",
  async open(url) {
    const pool = new pg.Pool({ connectionString: url, pipeline: true });
    const db = drizzle({ client: pool, schema });
    return {
      executor: fromDrizzle(db),
      transaction: (work) => db.transaction(work),
      noTransactions: { "the Drizzle database itself": db, "a pool": pool, "an object": {} },
      close: () => pool.end(),
    };
  },
  insert: async (tx, key, value) => void (await tx.insert(numbers).values({ key, value }).execute()),
  put: async (tx, key, value) =>
    void (await tx.insert(numbers).values({ key, value }).onConflictDoUpdate({ target: numbers.key, set: { value } }).execute()),
  get: async (tx, key) => (await tx.query.numbers.findFirst({ where: eq(numbers.key, key) }))?.value ?? null,
  raw: async (tx, statement) => (await tx.execute(sql.raw(statement))).rows,
  nested: (tx, work) => tx.transaction(work),
};
