import { test } from "node:test";
import { drizzle } from "drizzle-orm/node-postgres";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { createMemoryLog, createService } from "throughline";
import { DataSource, EntitySchema } from "typeorm";
import { fromDrizzle } from "../src/executor/drizzle-executor.ts";
import { fromKysely } from "../src/executor/kysely-executor.ts";
import { fromPrisma, StorePrismaPg } from "../src/executor/prisma-executor.ts";
import { fromTypeOrm } from "../src/executor/typeorm-executor.ts";
import { postgres, type PostgresExecutor } from "../src/index.ts";
import { Happened } from "./executors/handled.ts";
import { PrismaClient } from "./prisma/generated/client.ts";

// The compiler is what tests here: a line that compiles and should not makes `tsc` fail, and so does the reverse.
function uncalled(..._functions: (() => unknown)[]): void {}

function billing<Tx>(executor: PostgresExecutor<Tx>) {
  const eventLog = createMemoryLog().connect();
  return createService({ name: "billing", from: "earliest", eventLog, store: postgres({ executor }) });
}

const pool = new pg.Pool();
const invoices = pgTable("invoices", { orderId: text().primaryKey(), total: integer().notNull() });
const schema = { invoices };

test("in Drizzle, ctx.tx knows the tables and the schema, and a route's tx is the same type", () => {
  const db = drizzle({ client: pool, schema });
  const service = billing(fromDrizzle(db));
  service.on(Happened, "create-invoice", async ({ data }, ctx) => {
    await ctx.tx.insert(invoices).values({ orderId: data.id, total: 1 });
    const found = await ctx.tx.query.invoices.findFirst();
    found?.total.toFixed();
    // @ts-expect-error There is no such column.
    await ctx.tx.insert(invoices).values({ orderId: data.id, total: 1, colour: "red" });
    // @ts-expect-error The column holds numbers.
    await ctx.tx.insert(invoices).values({ orderId: data.id, total: "1" });
    // @ts-expect-error There is no such table.
    void ctx.tx.query.receipts;
  });
  uncalled(
    () => db.transaction(async (tx) => service.publish(Happened, { id: "1" }, { tx })),
    // @ts-expect-error The database is no transaction.
    () => service.publish(Happened, { id: "1" }, { tx: db }),
    // @ts-expect-error A Drizzle database over one client has no pool to share.
    () => fromDrizzle(drizzle({ client: new pg.Client() })),
  );
});

test("in Kysely, ctx.tx knows the tables, and a route's trx is the same type", () => {
  interface Database {
    invoices: { order_id: string; total: number };
  }
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const service = billing(fromKysely(db, { pool }));
  service.on(Happened, "create-invoice", async ({ data }, ctx) => {
    await ctx.tx.insertInto("invoices").values({ order_id: data.id, total: 1 }).execute();
    const found = await ctx.tx.selectFrom("invoices").select("total").executeTakeFirst();
    found?.total.toFixed();
    // @ts-expect-error There is no such column.
    await ctx.tx.insertInto("invoices").values({ order_id: data.id, total: 1, colour: "red" }).execute();
    // @ts-expect-error There is no such table.
    await ctx.tx.selectFrom("receipts").selectAll().execute();
  });
  uncalled(
    () => db.transaction().execute(async (tx) => service.publish(Happened, { id: "1" }, { tx })),
    async () => service.publish(Happened, { id: "1" }, { tx: await db.startTransaction().execute() }),
    // @ts-expect-error The database is no transaction.
    () => service.publish(Happened, { id: "1" }, { tx: db }),
  );
});

test("in TypeORM, ctx.tx is an entity manager that knows the entities' columns", () => {
  const Invoice = new EntitySchema<{ orderId: string; total: number }>({
    name: "invoices",
    columns: { orderId: { type: "text", primary: true }, total: { type: "integer" } },
  });
  uncalled(() => {
    const dataSource = new DataSource({ type: "postgres", entities: [Invoice] });
    const service = billing(fromTypeOrm(dataSource));
    service.on(Happened, "create-invoice", async ({ data }, ctx) => {
      await ctx.tx.insert(Invoice, { orderId: data.id, total: 1 });
      const found = await ctx.tx.findOneBy(Invoice, { orderId: data.id });
      found?.total.toFixed();
      // @ts-expect-error There is no such column.
      await ctx.tx.insert(Invoice, { orderId: data.id, total: 1, colour: "red" });
      // @ts-expect-error The column holds numbers.
      await ctx.tx.getRepository(Invoice).save({ orderId: data.id, total: "1" });
    });
    // @ts-expect-error The data source is no transaction.
    void service.publish(Happened, { id: "1" }, { tx: dataSource });
    return dataSource.transaction((tx) => service.publish(Happened, { id: "1" }, { tx }));
  });
});

test("in Prisma, ctx.tx is the client's own transaction client, with its models", () => {
  uncalled(() => {
    const adapter = new StorePrismaPg(pool);
    const prisma = new PrismaClient({ adapter });
    const service = billing(fromPrisma(prisma, adapter));
    service.on(Happened, "create-invoice", async ({ data }, ctx) => {
      await ctx.tx.numbers.create({ data: { key: data.id, value: 1 } });
      const found = await ctx.tx.numbers.findFirst();
      found?.value.toFixed();
      // @ts-expect-error There is no such column. (Prisma's own types overlook it in what is created.)
      await ctx.tx.numbers.findFirst({ where: { colour: "red" } });
      // @ts-expect-error The column holds numbers.
      await ctx.tx.numbers.create({ data: { key: data.id, value: "1" } });
      // @ts-expect-error The column is required.
      await ctx.tx.numbers.create({ data: { key: data.id } });
      // @ts-expect-error A transaction does not connect.
      void ctx.tx.$connect;
    });
    return prisma.$transaction(async (tx) => service.publish(Happened, { id: "1" }, { tx }));
  });
});
