import { postgres } from "@throughline/postgres";
import { fromPrisma, StorePrismaPg } from "@throughline/postgres/prisma";
import pg from "pg";
import { createMemoryLog, createService, defineEvent } from "throughline";
import * as z from "zod";
import { PrismaClient } from "./generated/client.ts";

const OrderCompleted = defineEvent("order.completed", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int() }),
});

const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"], pipeline: true });
const adapter = new StorePrismaPg(pool);
const prisma = new PrismaClient({ adapter });

const shop = createService({
  name: "shop",
  eventLog: createMemoryLog().connect(),
  from: "earliest",
  store: postgres({ executor: fromPrisma(prisma, adapter) }),
  publishes: [OrderCompleted],
});

shop.on(OrderCompleted, "create-invoice", async ({ data }, ctx) => {
  await ctx.tx.invoice.create({ data: { orderId: data.order_id, total: data.total } });
});

// In a route: the event leaves if, and only if, this commits.
export async function complete(id: string): Promise<void> {
  await prisma.$transaction(async (tx) => {
    const { total } = await tx.order.update({ where: { id }, data: { state: "completed" } });
    await shop.publish(OrderCompleted, { order_id: id, total }, { tx });
  });
}
