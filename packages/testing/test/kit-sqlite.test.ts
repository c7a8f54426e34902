import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { sqlite, type SqliteStore, type SqliteTx } from "@throughline/sqlite";
import { event, testService } from "@throughline/testing";
import { createService, type Service } from "throughline";
import { InvoiceCreated, OrderCompleted, OrderCreated, OrderUpdated } from "./kit-services.ts";

const folder = mkdtempSync(join(tmpdir(), "throughline-kit-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** A service on a file, as an application defines it. */
function shop(): {
  service: Service<SqliteTx>;
  store: SqliteStore;
  mails: string[];
  invoices(): Promise<{ order_id: string; total: number }[]>;
} {
  const tables =
    "CREATE TABLE IF NOT EXISTS invoices (order_id TEXT, total INTEGER); CREATE TABLE IF NOT EXISTS orders (order_id TEXT PRIMARY KEY, total INTEGER, told INTEGER)";
  const store = sqlite({ file: join(folder, `${++files}.db`), tables });
  const eventLog = (): never => {
    throw new Error("a test opened the service's own log");
  };
  const service = createService({ name: "shop", eventLog, store, from: "earliest", publishes: [InvoiceCreated] });
  const mails: string[] = [];
  service.on(OrderCompleted, "create-invoice", async ({ data: { order_id, total } }, ctx) => {
    if (total < 0) throw new Error("negative");
    ctx.tx.run("INSERT INTO invoices (order_id, total) VALUES (?, ?)", order_id, total);
    await ctx.publish(InvoiceCreated, { invoice_id: `i-${order_id}`, order_id, total });
  });
  service.on(OrderCompleted, "mail", { call: async ({ data }) => void mails.push(data.order_id) }, { replay: "run" });
  service.on([OrderCreated, OrderUpdated], "follow", ({ data: { order_id, total } }, ctx) => {
    ctx.tx.run("INSERT INTO orders VALUES (?1, ?2, 1) ON CONFLICT DO UPDATE SET total = ?2, told = told + 1", order_id, total);
  });
  return { service, store, mails, invoices: () => store.all("SELECT * FROM invoices") };
}

describe("the kit on SQLite", () => {
  it("handles, calls and publishes on the service's own file; a test after it begins anew", async () => {
    const { service, mails, invoices } = shop();
    for (const expected of [1, 2]) {
      await using t = await testService(service);
      const completed = await t.when(OrderCompleted, { order_id: "o1", total: 25 });
      await t.when(OrderCompleted, { order_id: "o1", total: 25 }, { id: completed.id });
      assert.equal((await invoices()).length, expected);
      assert.equal(mails.length, expected);
      assert.deepEqual(
        (await t.published(InvoiceCreated)).map(({ causationId }) => causationId),
        [completed.id],
      );
    }
  });

  it("retries, makes a dead letter, and redrives it with other data", async () => {
    const { service, invoices } = shop();
    await using t = await testService(service);
    await t.when(OrderCompleted, { order_id: "o1", total: -1 });
    assert.deepEqual(
      (await t.deadLetters()).map(({ handler, attempts }) => [handler, attempts.length]),
      [["create-invoice", 4]],
    );
    await t.redrive((await t.deadLetters())[0]!, { data: { order_id: "o1", total: 7 } });
    assert.deepEqual(
      (await invoices()).map(({ total }) => total),
      [7],
    );
    assert.deepEqual(await t.deadLetters(), []);
  });

  it("effects are there once after a crash before COMMIT, and after one behind it", async () => {
    const { service, invoices } = shop();
    await using t = await testService(service);
    t.crashBeforeCommit();
    await t.when(OrderCompleted, { order_id: "o1", total: 1 });
    t.crashAfterCommit();
    await t.when(OrderCompleted, { order_id: "o2", total: 2 });
    assert.deepEqual(
      (await invoices()).map(({ total }) => total),
      [1, 2],
    );
    assert.deepEqual(
      (await t.published(InvoiceCreated)).map(({ data }) => data.order_id),
      ["o1", "o2"],
    );
  });

  it("a route's event leaves if and only if the route's transaction commits", async () => {
    const { service, store } = shop();
    await using t = await testService(service);
    const invoice = { invoice_id: "i1", order_id: "o1", total: 1 };
    await store.transaction(async (tx) => {
      tx.run("INSERT INTO invoices (order_id, total) VALUES ('o1', 1)");
      await service.publish(InvoiceCreated, invoice, { tx });
    });
    const failed = store.transaction(async (tx) => {
      await service.publish(InvoiceCreated, invoice, { tx });
      throw new Error("the route failed");
    });
    await assert.rejects(failed, /the route failed/);
    assert.equal((await t.published(InvoiceCreated)).length, 1);
  });

  it("takes events in any order", async () => {
    const { service, store } = shop();
    await using t = await testService(service);
    const events = [1, 2, 3, 4].map((total) => event(total === 1 ? OrderCreated : OrderUpdated, { order_id: "o1", total }));
    await t.anyOrderWithDuplicates(events, { state: (order) => store.all("SELECT * FROM orders WHERE order_id = ?", order) });
    assert.deepEqual(
      await store.all("SELECT count(*) AS orders, sum(told) AS told FROM orders"),
      [{ orders: 25, told: 100 }].map((row) => Object.assign(Object.create(null) as object, row)),
    );
  });

  it("the same seed gives the same ids", async () => {
    const idsOf = async (): Promise<string[]> => {
      const { service } = shop();
      await using t = await testService(service, { seed: 3 });
      const given = await t.when(OrderCompleted, { order_id: "o1", total: 25 });
      return [
        given.id,
        await service.publish(InvoiceCreated, { invoice_id: "i1", order_id: "o1", total: 1 }, { tx: "none" }),
        ...(await t.published()).map(({ id }) => id),
      ];
    };
    assert.deepEqual(await idsOf(), await idsOf());
  });
});
