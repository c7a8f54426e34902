import assert from "node:assert/strict";
import { AssertionError } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { sqlite } from "@throughline/sqlite";
import { testService } from "@throughline/testing";
import { adoptEvent, createMemoryLog, createMemoryStore, createService, type Service } from "throughline";
import * as z from "zod";
import { InvoiceCreated } from "./kit-services.ts";

const LegacyOrder = adoptEvent("legacy.order-changed", {
  stream: "orders-v1",
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string(), total: z.int() }),
  decode: ({ value, key, headers }) => {
    if (new Map(headers).get("kind")?.toString() === "heartbeat") return null;
    const [id = "", total] = (value?.toString() ?? "").split(";");
    return { id, data: { order_id: key?.toString() ?? "", total: Number(total) } };
  },
});

interface Fixture {
  readonly service: Service<unknown>;
  readonly totals: () => Promise<Record<string, number>>;
  readonly rates: { isBroken: boolean };
}

const folder = mkdtempSync(join(tmpdir(), "throughline-kit-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const rateOf = (rates: Fixture["rates"]): void => {
  if (rates.isBroken) throw new Error("no tax rate");
};

function onMemory(): Fixture {
  const store = createMemoryStore();
  const rates = { isBroken: false };
  const service = createService({
    name: "billing",
    eventLog: createMemoryLog(),
    store,
    from: "earliest",
    publishes: [InvoiceCreated],
  });
  service.on(LegacyOrder, "add-up", async ({ data: { order_id, total } }, ctx) => {
    rateOf(rates);
    await ctx.tx.put(`total:${order_id}`, ((await ctx.tx.get<number>(`total:${order_id}`)) ?? 0) + total);
    await ctx.publish(InvoiceCreated, { invoice_id: `i-${order_id}`, order_id, total });
  });
  const totals = (): Promise<Record<string, number>> =>
    Promise.resolve(Object.fromEntries(store.entries<number>("total:").map(([key, total]) => [key.slice(6), total])));
  return { service: service as unknown as Service<unknown>, totals, rates };
}

function onSqlite(): Fixture {
  const tables = "CREATE TABLE IF NOT EXISTS totals (order_id TEXT PRIMARY KEY, total INTEGER)";
  const store = sqlite({ file: join(folder, `${++files}.db`), tables });
  const rates = { isBroken: false };
  const service = createService({
    name: "billing",
    eventLog: createMemoryLog(),
    store,
    from: "earliest",
    publishes: [InvoiceCreated],
  });
  service.on(LegacyOrder, "add-up", async ({ data: { order_id, total } }, ctx) => {
    rateOf(rates);
    ctx.tx.run("INSERT INTO totals VALUES (?1, ?2) ON CONFLICT DO UPDATE SET total = total + ?2", order_id, total);
    await ctx.publish(InvoiceCreated, { invoice_id: `i-${order_id}`, order_id, total });
  });
  const totals = async (): Promise<Record<string, number>> => {
    const rows = await store.all<{ order_id: string; total: number }>("SELECT order_id, total FROM totals");
    return Object.fromEntries(rows.map(({ order_id, total }) => [order_id, total]));
  };
  return { service: service as unknown as Service<unknown>, totals, rates };
}

for (const [name, shop] of [
  ["memory", onMemory],
  ["SQLite", onSqlite],
] as const) {
  describe(`records of an adopted topic, with a store on ${name}`, () => {
    it("are given as they are, and handled once for each id, whenever the process dies", async () => {
      const { service, totals } = shop();
      await using t = await testService(service);
      t.crashBeforeCommit();
      await t.whenRecord("orders-v1", { key: "o1", value: "c1;10" });
      t.crashAfterCommit();
      await t.whenRecord("orders-v1", { key: "o1", value: "c2;5" });
      await t.whenRecord("orders-v1", { key: "o1", value: "c1;10" });
      await t.whenRecord("orders-v1", { key: "o1", value: null, headers: { kind: "heartbeat" } });
      assert.deepEqual(await totals(), { o1: 15 });
      const invoices = await t.published(InvoiceCreated);
      assert.deepEqual(
        invoices.map(({ causationId, correlationId, data: { total } }) => [causationId, correlationId, total]),
        [
          ["c1", "c1", 10],
          ["c2", "c2", 5],
        ],
      );
    });

    it("die and are redriven, as they came and with what the decoder says of them", async () => {
      const { service, totals, rates } = shop();
      await using t = await testService(service);
      rates.isBroken = true;
      await t.whenRecord("orders-v1", { key: "o1", value: "c1;10" });
      await t.whenRecord("orders-v1", { key: "o2", value: "c2;ten" });
      const [failed, invalid] = await t.deadLetters();
      assert.deepEqual([failed?.reason, failed?.event?.id, failed?.event?.type], ["failed", "c1", "legacy.order-changed"]);
      assert.deepEqual([invalid?.reason, invalid?.event?.id], ["invalid", "c2"]);
      rates.isBroken = false;
      t.crashAfterCommit();
      await t.redrive(failed!);
      assert.deepEqual(await totals(), { o1: 10 });
    });
  });
}

it("only the contract knows what a record looks like: the kit does not make one up", async () => {
  await using t = await testService(onMemory().service);
  await assert.rejects(
    t.when(LegacyOrder, { order_id: "o1", total: 1 }),
    (error: unknown) => error instanceof AssertionError && /give one: await t.whenRecord\("orders-v1"/.test(error.message),
  );
  await assert.rejects(
    t.whenRecord("orders", { value: "" }),
    /no handler of "billing" reads the stream "orders"; it reads orders-v1/,
  );
});
