import pg from "pg";
import { DataSource, type EntityManager, EntitySchema } from "typeorm";
import { fromTypeOrm } from "../../src/executor/typeorm-executor.ts";
import type { ExecutorUnderTest } from "./executor-under-test.ts";

export const Numbers = new EntitySchema<{ key: string; value: number }>({
  name: "numbers",
  columns: { key: { type: "text", primary: true }, value: { type: "integer" } },
});

export const typeOrmUnderTest: ExecutorUnderTest<EntityManager> = {
  name: "TypeORM",
  async open(url) {
    const dataSource = new DataSource({ type: "postgres", url, entities: [Numbers], extra: { pipeline: true } });
    await dataSource.initialize();
    const other = new pg.Pool({ connectionString: url });
    return {
      executor: fromTypeOrm(dataSource),
      transaction: (work) => dataSource.transaction(work),
      noTransactions: {
        "the data source itself": dataSource,
        "a manager whose statements run on any connection": dataSource.manager,
        "a pool": other,
        "an object": {},
      },
      close: async () => {
        await other.end();
        await dataSource.destroy();
      },
    };
  },
  insert: async (tx, key, value) => void (await tx.insert(Numbers, { key, value })),
  put: async (tx, key, value) => void (await tx.upsert(Numbers, { key, value }, ["key"])),
  get: async (tx, key) => (await tx.findOneBy(Numbers, { key }))?.value ?? null,
  raw: async (tx, sql) => (await tx.query<Record<string, unknown>[]>(sql)) ?? [],
  nested: (tx, work) => tx.transaction(work),
};
