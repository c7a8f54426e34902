import pg from "pg";
import { fromPrisma, type PrismaTx, StorePrismaPg } from "../../src/executor/prisma-executor.ts";
import { PrismaClient } from "../prisma/generated/client.ts";
import type { ExecutorUnderTest } from "./executor-under-test.ts";

export const prismaUnderTest: ExecutorUnderTest<PrismaTx<PrismaClient>> = {
  name: "Prisma",
  async open(url) {
    const pool = new pg.Pool({ connectionString: url, pipeline: true });
    const adapter = new StorePrismaPg(pool);
    const prisma = new PrismaClient({ adapter });
    return {
      executor: fromPrisma(prisma, adapter),
      transaction: (work) => prisma.$transaction(work),
      noTransactions: { "a Prisma client": prisma, "a pool": pool, "an object": {} },
      close: async () => {
        await prisma.$disconnect();
        await pool.end();
      },
    };
  },
  insert: async (tx, key, value) => void (await tx.numbers.create({ data: { key, value } })),
  put: async (tx, key, value) => void (await tx.numbers.upsert({ where: { key }, create: { key, value }, update: { value } })),
  get: async (tx, key) => (await tx.numbers.findUnique({ where: { key } }))?.value ?? null,
  raw: async (tx, sql) => {
    if (sql.startsWith("SELECT")) return tx.$queryRawUnsafe<Record<string, unknown>[]>(sql);
    await tx.$executeRawUnsafe(sql);
    return [];
  },
  nested: (tx, work) => tx.$transaction(work),
};
