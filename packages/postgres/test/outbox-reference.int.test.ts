import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import pg from "pg";
import { decodeEvent } from "throughline";
import { readPageSql } from "../src/store/tables/outbox-numbering.ts";
import { testStore } from "./store-fixture.ts";
import { testServer } from "./test-server.ts";

const page = await readFile(join(import.meta.dirname, "../../../docs/reference/outbox-table-postgres.md"), "utf8");
const [versionSql = "", publishSql = ""] = [...page.matchAll(/```sql\n([^]*?)```/g)].map(([, sql]) => sql);
const { database } = await testServer({ settings: { fsync: "off" } });

describe("docs/reference/outbox-table-postgres.md", () => {
  test("its INSERT publishes an event that every consumer can read, with no more rights than it says", async (t) => {
    const url = await database();
    const store = await testStore(t, url);
    await store.query("DROP ROLE IF EXISTS foreigner");
    await store.query("CREATE ROLE foreigner LOGIN PASSWORD 'foreign'");
    for (const [, grant = ""] of page.matchAll(/`(GRANT [^`]+)`/g)) await store.query(`${grant} TO foreigner`);
    const address = new URL(url);
    [address.username, address.password] = ["foreigner", "foreign"];
    const foreign = new pg.Client({ connectionString: address.href });
    await foreign.connect();
    await foreign.query(publishSql);
    await foreign.end();
    const [row] = await store.unitOfWork((unit) => unit.outbox.number(10));
    assert.ok(row);
    const event = decodeEvent({ ...row, topicId: "t", partition: 0, offset: 0, timestampMs: row.createdAtMs });
    assert.deepEqual(
      [event.id, event.type, event.subject, row.topic, row.subject, row.sequence],
      [row.eventId, "order.completed", "o-4711", "order", "o-4711", 1],
    );
    assert.equal((event.data() as { total: number }).total, 1999);
  });

  test("names the version and the columns that the table has", async (t) => {
    const store = await testStore(t, await database());
    const { rows } = await store.query<{ outbox_version: number }>(versionSql);
    assert.ok(page.includes(`version ${rows[0]?.outbox_version}.`));
    const columns = await store.query<{ column_name: string }>(
      "SELECT column_name FROM information_schema.columns WHERE table_schema = 'throughline' AND table_name = 'outbox' ORDER BY ordinal_position",
    );
    assert.deepEqual(
      [...page.matchAll(/^\| `(\w+)`\s+\|/gm)].map(([, name]) => name),
      columns.rows.map((column) => column.column_name),
    );
  });
});

test("headers that are JSON and no headers stop their subject alone", async (t) => {
  const store = await testStore(t, await database());
  await store.query(
    "INSERT INTO throughline.outbox (event_id, topic, subject, headers) VALUES ('a', 'order', 'o-1', '7'), ('b', 'order', 'o-2', '{}')",
  );
  const rows = await store.unitOfWork((unit) => unit.outbox.number(10));
  assert.deepEqual(
    rows.map(({ eventId }) => eventId),
    ["b"],
  );
  assert.equal((await store.unitOfWork((unit) => unit.outbox.stopped())).length, 1);
});

test("a page of a long outbox is read by its indexes, however many rows wait", async (t) => {
  const store = await testStore(t, await database());
  await store.query(
    "INSERT INTO throughline.outbox (event_id, topic, subject) SELECT i::text, 'order', 'o-' || i % 100 FROM generate_series(1, 50000) AS i",
  );
  for (const analysed of [false, true]) {
    if (analysed) await store.query("ANALYZE throughline.outbox, throughline.outbox_tickets, throughline.subjects");
    const { rows } = await store.query<{ "QUERY PLAN": string }>(
      `EXPLAIN (ANALYZE, BUFFERS) ${readPageSql.replace("$1", "0").replace("$2", "500")}`,
    );
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    assert.match(plan, /Index Scan using outbox_tickets_pkey/);
    assert.doesNotMatch(plan, /Seq Scan on outbox /);
    assert.doesNotMatch(plan, /Seq Scan on outbox_tickets/);
  }
});
