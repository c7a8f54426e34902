import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { openSqliteLog, sqlite } from "@throughline/sqlite";
import { createService, defineEvent } from "throughline";
import { type Command, commandRecord } from "throughline/system-topics";
import * as z from "zod";

const OrderUpdated = defineEvent("order.updated", { version: 1, subject: "order_id", data: z.object({ order_id: z.string() }) });

async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const endsAt = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endsAt) throw new Error(`it did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

it("pauses, limits and holds stand in the embedded store, rule at start, and are gone when they are taken back", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "throughline-"));
  t.after(() => rm(folder, { recursive: true }));
  const define = (name: string) => {
    const store = sqlite({
      file: join(folder, "billing.db"),
      tables: "CREATE TABLE IF NOT EXISTS noted (subject TEXT, at INTEGER)",
    });
    const service = createService({
      name,
      eventLog: () => openSqliteLog(join(folder, "events.db")),
      store,
      from: "earliest",
      publishes: [OrderUpdated],
      log: { silent: true },
    });
    service.on(
      OrderUpdated,
      "note",
      ({ subject }, ctx) => void ctx.tx.run("INSERT INTO noted VALUES (?, ?)", subject, Date.now()),
    );
    const noted = async () => (await store.all<{ subject: string }>("SELECT subject FROM noted")).map(({ subject }) => subject);
    const controls = () => store.unitOfWork((unit) => unit.controls.all(), { readOnly: true });
    return { service, noted, controls, publish: (id: string) => service.publish(OrderUpdated, { order_id: id }, { tx: "none" }) };
  };
  const log = await openSqliteLog(join(folder, "events.db"));
  t.after(() => log.close());
  const send = async (command: object): Promise<void> => {
    const origin = { commandId: randomUUID(), service: "billing", handler: "note", by: "ann", reason: null, atMs: Date.now() };
    await log.append([commandRecord({ ...origin, ...command } as Command)]);
  };
  const both = { subject: null, tenant: null, untilMs: null };
  const first = define("billing");
  {
    await using _running = await first.service.start();
    await first.publish("a");
    await until("the first", async () => (await first.noted()).length === 1);
    await send({ command: "pause", untilMs: null });
    await send({ command: "hold", ...both, subject: "held" });
    await until("both stand", async () => (await first.controls()).length === 2);
  }
  const second = define("billing");
  {
    await using running = await second.service.start();
    await second.publish("held");
    await second.publish("b");
    await until("what stands is told", async () => (await running.health()).problems.length === 2);
    await send({ command: "limit", perSecond: 50, untilMs: null });
    await until("the limit stands, too", async () => (await second.controls()).length === 3);
    assert.deepEqual(await second.noted(), ["a"]);
    await send({ command: "resume" });
    await until("it goes on without what is held", async () => (await second.noted()).length === 2);
    await send({ command: "release", ...both, subject: "held" });
    await send({ command: "limit", perSecond: null, untilMs: null });
    await until("all", async () => (await second.noted()).length === 3);
    assert.deepEqual(await second.noted(), ["a", "b", "held"]);
    await until("nothing stands", async () => (await second.controls()).length === 0);
    await send({ command: "rename-service", handler: "*", to: "ledger" });
    await until("it may be renamed", async () => (await renamedTo(folder)) === "ledger");
  }
  const renamed = define("ledger");
  await using _running = await renamed.service.start();
  await renamed.publish("c");
  await until("it goes on under its new name", async () => (await renamed.noted()).includes("c"));
  await assert.rejects(define("billing").service.start(), /belongs to the service "ledger"/);
});

/** The name that the store waits to be opened under. */
async function renamedTo(folder: string): Promise<string | null> {
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(join(folder, "billing.db"), { readOnly: true });
  try {
    return (db.prepare("SELECT next_name AS name FROM throughline_service").get() as { name: string | null }).name;
  } finally {
    db.close();
  }
}
