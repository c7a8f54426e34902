import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { systemSurroundings } from "throughline";
import { postgres } from "../src/index.ts";
import { testServer } from "./test-server.ts";

const { database } = await testServer();

test("instances that open an empty database at once all find it migrated by the first", async (t) => {
  const url = await database();
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  t.after(() => holder.end());
  await holder.query("SELECT pg_advisory_lock(hashtextextended('billing migrations', 4))");
  const stores = Array.from({ length: 4 }, () => postgres({ url, schema: "billing" }));
  t.after(() => Promise.all(stores.map((store) => store.close())));
  const opened = stores.map((store) => store.open({ service: "billing", surroundings: systemSurroundings }));
  // Each has seen the empty database, and waits.
  const waiting = "SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
  while ((await holder.query<{ n: number }>(waiting)).rows[0]?.n !== stores.length);
  await holder.query("SELECT pg_advisory_unlock_all()");
  await Promise.all(opened);
  const { rows } = await holder.query("SELECT number FROM billing.migrations");
  assert.ok(rows.length > 0);
});
