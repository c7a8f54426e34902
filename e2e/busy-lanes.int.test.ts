import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSqliteLog, sqlite, type SqliteTx } from "@throughline/sqlite";
import { createService, defineEvent, PermanentError } from "throughline";
import type { EventLog } from "throughline/seams";
import { until } from "../examples/shop/driver/until.ts";
import { publishOrders } from "./redrive/twelve-groups.ts";

const orders = 8_000;
const wait = { timeoutMs: 110_000, everyMs: 20 };

const OrderChanged = defineEvent<"order.changed", { order_id: string; change: number }>("order.changed", {
  version: 1,
  subject: "order_id",
  data: {
    type: "object",
    properties: { order_id: { type: "string" }, change: { type: "integer" } },
    required: ["order_id", "change"],
  },
});

const countIn = async (log: EventLog, topic: string): Promise<number> =>
  (await log.topics()).some(({ name }) => name === topic) ? (await log.offsets(topic)).reduce((sum, { end }) => sum + end, 0) : 0;

test("a service on SQLite that reads history on four lanes, each event of which dies, carries its outbox and lets timers run meanwhile", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-busy-"));
  const log = await openSqliteLog({ path: join(folder, "events.db"), defaultPartitions: 4 });
  const store = sqlite({ file: join(folder, "billing.db") });
  const service = createService<SqliteTx>({ name: "billing", eventLog: log, store, from: "earliest", log: { silent: true } });
  let [runs, turns, sent, latestMs] = [0, 0, -1, 0];
  const refuse = (): void => {
    if ((runs += 1) >= orders && sent === -1) sent = lettersSent;
    throw new PermanentError("no rate");
  };
  service.on(OrderChanged, "create-invoice", refuse, { afterDeadLetter: "continue", retryDelaysMs: [] });
  await log.createTopics([{ name: "order", partitions: 4 }]);
  await publishOrders(log, orders);
  let lettersSent = 0;
  let at = performance.now();
  const timer = setInterval(() => {
    turns += 1;
    latestMs = Math.max(latestMs, performance.now() - at);
    at = performance.now();
    void countIn(log, "billing.dlt").then((count) => (lettersSent = count));
  }, 10);
  const running = await service.start();
  t.after(async () => {
    clearInterval(timer);
    await running.close();
    await log.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await until("each was tried", () => runs >= orders, wait);
  t.diagnostic(
    `${sent} of ${orders} letters had left when the last was tried; ${turns} turns, ${latestMs.toFixed(0)} ms between two`,
  );
  assert.ok(turns >= 10, `${turns} turns of a timer`);
  assert.ok(sent > orders / 3, `${sent} letters of ${orders} had left when the last was tried`);
  await until("all have left", async () => (await countIn(log, "billing.dlt")) === orders, wait);
});
