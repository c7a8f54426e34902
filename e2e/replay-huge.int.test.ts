import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { openSqliteLog, sqlite } from "@throughline/sqlite";
import { createService, defineEvent } from "throughline";
import { commandRecord } from "throughline/system-topics";
import * as z from "zod";
import { until } from "../examples/shop/driver/until.ts";
import { sizes } from "./sizes.ts";

const OrderPlaced = defineEvent("order.placed", {
  version: 1,
  subject: "order_id",
  data: z.object({ order_id: z.string() }),
});

const handled = sizes({ test: 200_000, soak: 1_000_000 });
const dead = sizes({ test: 20_000, soak: 50_000 });

/** What a handler leaves behind that has worked for long: its ids, its positions, and far too many dead letters. */
function fill(file: string, topicId: string): void {
  const db = new DatabaseSync(file);
  const numbers = (count: number): string => `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const handler = "(SELECT handler_id FROM throughline_handler_names WHERE name = 'count')";
  db.exec(`
    BEGIN;
    ${numbers(handled)} INSERT INTO throughline_inbox
      (handler_id, epoch, event_key, record_partition, record_offset, outcome, handled_at_ms, duration_micros)
      SELECT ${handler}, 1, unhex(printf('01900000000070008000%012x', i)), 0, i, 0, ${Date.now()}, 100 FROM n;
    ${numbers(handled / 10)} INSERT INTO throughline_positions
      (handler_id, epoch, stream, subject, sequence, sequence_epoch, baseline, parked)
      SELECT ${handler}, 1, 'order', 'old-' || i, 10, 0, 1, 0 FROM n;
    ${numbers(dead)} INSERT INTO throughline_parked
      (id, handler_id, epoch, stream, subject, sequence, sequence_epoch, event_key, state, reason, attempts, handled, parked_at_ms,
       record_topic, record_topic_id, record_partition, record_offset, record_timestamp_ms, record_headers, record_value)
      SELECT unhex(printf('01900000000070009000%012x', i)), ${handler}, 1, 'order', 'dead-' || i, 1, 0, 'dead-' || i, 'dead', 'failed', '[]', 1, 1,
        'order', '${topicId}', 0, 0, 1, '[]', zeroblob(400) FROM n;
    COMMIT;`);
  db.close();
}

test(
  `a rebuild drops ${handled} handled events and ${dead} dead letters within a transaction's time, and live goes on meanwhile`,
  { timeout: 5 * 60_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "throughline-huge-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "reader.db");
    await using log = await openSqliteLog(join(folder, "events.db"));
    await log.createTopics([{ name: "order", partitions: 1 }]);
    const create = () => {
      const store = sqlite({ file, tables: "CREATE TABLE IF NOT EXISTS counted (event_id TEXT)" });
      const reader = createService({ name: "reader", eventLog: log, store, from: "earliest", log: { level: "error" } });
      reader.on(OrderPlaced, "count", ({ id }, { tx }) => void tx.run("INSERT INTO counted VALUES (?)", id), {
        onReset: (tx) => tx.exec("DELETE FROM counted"),
      });
      return { store, reader };
    };
    await (await create().reader.start()).close();
    fill(file, (await log.topics()).find(({ name }) => name === "order")?.id ?? "");

    const { store, reader } = create();
    await using _running = await reader.start();
    const isLeft = async (table: string): Promise<boolean> =>
      (await store.get(`SELECT 1 FROM throughline_${table} WHERE handler_id = 1 AND epoch = 1 LIMIT 1`)) !== undefined;
    const publish = () => reader.publish(OrderPlaced, { order_id: "new" }, { tx: "none" });
    await publish();
    await until("it is handled", async () => (await store.get("SELECT 1 FROM counted")) !== undefined);

    const commandId = randomUUID();
    const range = { fromMs: null, toMs: null, types: null, subjects: null };
    const about = { commandId, service: "reader", handler: "count", by: "ann", reason: null, atMs: Date.now() };
    const askedMs = Date.now();
    await log.append([
      commandRecord({ command: "replay", kind: "rebuild", range, ratePerSecond: null, publish: false, ...about }),
    ]);
    await until("it has begun", async () => !(await isLeft("parked")), { timeoutMs: 60_000, everyMs: 5 });
    t.diagnostic(`it began ${Date.now() - askedMs} ms after it was asked for`);

    let slowestMs = 0;
    let published = 1;
    while ((await isLeft("inbox")) || (await isLeft("positions"))) {
      const startedMs = Date.now();
      await publish();
      published++;
      await until(
        "live goes on",
        async () => (await store.get<{ n: number }>("SELECT count(*) AS n FROM counted"))?.n === published,
        { everyMs: 5 },
      );
      slowestMs = Math.max(slowestMs, Date.now() - startedMs);
      assert.ok(Date.now() - askedMs < 240_000, "what it left behind is not swept");
    }
    t.diagnostic(`all was swept after ${Date.now() - askedMs} ms; the slowest event meanwhile took ${slowestMs} ms`);
  },
);
