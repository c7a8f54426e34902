import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { openSqliteLog, sqlite } from "@throughline/sqlite";
import { createService, defineEvent } from "throughline";
import * as z from "zod";
import { sizes } from "../../../e2e/sizes.ts";

const OrderPlaced = defineEvent("order.placed", { version: 1, subject: "id", data: z.object({ id: z.string() }) });
/** Without a breaker each event would be dead long before the end. */
const { outageMs, retryDelaysMs } = sizes({
  test: { outageMs: 5_000, retryDelaysMs: [100, 1_000, 2_000] },
  soak: { outageMs: 60_000, retryDelaysMs: [1_000, 10_000, 30_000] },
});

async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 120_000): Promise<void> {
  const endsAt = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error(`it did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

it("a table that is away for one handler makes no dead letter, comes back without help, and disturbs no other", async () => {
  const folder = await mkdtemp(join(tmpdir(), "throughline-"));
  const store = sqlite({
    file: join(folder, "store.db"),
    tables: "CREATE TABLE IF NOT EXISTS invoices (id TEXT PRIMARY KEY); CREATE TABLE IF NOT EXISTS counts (id TEXT PRIMARY KEY)",
  });
  const service = createService({
    name: "billing",
    eventLog: () => openSqliteLog(join(folder, "events.db")),
    store,
    from: "earliest",
    log: { silent: true },
    retryDelaysMs,
  });
  service.on(OrderPlaced, "invoice", ({ data }, ctx) => void ctx.tx.run("INSERT INTO invoices VALUES (?)", data.id));
  service.on(OrderPlaced, "count", ({ data }, ctx) => void ctx.tx.run("INSERT INTO counts VALUES (?)", data.id));
  const count = async (table: string): Promise<number> =>
    Number((await store.all(`SELECT count(*) AS n FROM ${table}`))[0]?.["n"] ?? 0);
  let sent = 0;
  const send = async (events: number): Promise<void> =>
    store.transaction(async (tx) => {
      for (let n = 0; n < events; n++) await service.publish(OrderPlaced, { id: `o${sent++}` }, { tx });
    });
  {
    await using running = await service.start();
    await send(20);
    await until("all is well", async () => (await count("invoices")) === 20);
    await store.transaction((tx) => tx.run("ALTER TABLE invoices RENAME TO away"));
    const endsAt = Date.now() + outageMs;
    await send(100);
    await until("it says so", async () => (await running.health()).problems.join().includes('handler "invoice"'));
    await until("the outage is over", async () => {
      await send(1);
      assert.ok((await count("counts")) >= sent - 100, "the other handler goes on");
      return Date.now() > endsAt;
    });
    await until("the other handler is done", async () => (await count("counts")) === sent);
    await store.transaction((tx) => tx.run("ALTER TABLE away RENAME TO invoices"));
    await until("every invoice is there", async () => (await count("invoices")) === sent);
    await until("nothing is parked, and nothing is dead", async () => (await count("throughline_parked")) === 0);
    await until("nothing is wrong", async () => (await running.health()).problems.length === 0);
  }
  await rm(folder, { recursive: true });
});
