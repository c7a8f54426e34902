import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { postgres, type PostgresStore, type PostgresTx } from "@throughline/postgres";
import { systemSurroundings } from "throughline";
import { startPostgres, unsynced } from "../../../scripts/services/postgres.ts";
import { failedOrders, orderRecord } from "./rehearse-fixture.ts";

const server = await startPostgres({ settings: unsynced });
after(() => server.close());

const tables = `
  CREATE TABLE IF NOT EXISTS accounts (id text PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS invoices (order_id text PRIMARY KEY, total integer NOT NULL,
    account text REFERENCES accounts (id) DEFERRABLE INITIALLY DEFERRED)`;
const insert = `await ctx.tx.query("INSERT INTO invoices VALUES ($1, $2, $3)", [data.order_id, data.total, data.total === 3 ? "none" : null]);`;

async function onPostgres(t: TestContext, name: string) {
  await using admin = postgres(server.url());
  await admin.open({ service: "admin", surroundings: systemSurroundings });
  await admin.query(`CREATE DATABASE ${name}`);
  const url = server.url(name);
  const reader = postgres(url);
  t.after(() => reader.close());
  await reader.open({ service: "billing", surroundings: systemSurroundings });
  return {
    reader,
    store: () => postgres({ url, tables }),
    source: {
      imports: `import { postgres } from ${JSON.stringify(import.meta.resolve("@throughline/postgres"))};`,
      store: "postgres({ url: process.env.THROUGHLINE_STORE })",
    },
    env: { THROUGHLINE_STORE: url },
  };
}

/** Every row of every table of ours and the application's; numbers that sequences drew are skipped for good, and are no rows. */
async function contentOf(reader: PostgresStore): Promise<unknown> {
  const found = await reader.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_schema IN ('public', 'throughline') AND table_type = 'BASE TABLE' ORDER BY 1`,
  );
  const content: unknown[] = [];
  for (const { name } of found.rows)
    content.push([name, (await reader.query(`SELECT t::text FROM ${name} AS t ORDER BY 1`)).rows]);
  return content;
}

test("on PostgreSQL it leaves every row as it was, and finds what only COMMIT would", async (t) => {
  const database = await onPostgres(t, "rows");
  const failed = await failedOrders<PostgresTx>(t, [1, 2, 3], database);
  const before = await contentOf(database.reader);
  const { exitCode, stdout } = await failed.rehearse(`${insert} await ctx.publish(InvoiceCreated, data);`);
  assert.equal(exitCode, 1);
  assert.match(stdout, /failed +23503: .*violates foreign key constraint/);
  assert.match(stdout, /2 of 3 would pass; 1 would fail\. They would publish 2 invoice\.created\./);
  assert.deepEqual(await contentOf(database.reader), before);
  const setting = `await ctx.tx.query("SELECT set_config('app.tenant', $1, true)", [data.order_id]); await ctx.tx.query("SET search_path = public");`;
  assert.equal((await failed.rehearse(setting)).exitCode, 0);
  for (const [sql, found] of [
    ["COMMIT", /ends a transaction that was not begun here/],
    ["INSERT INTO accounts VALUES ('x'); COMMIT; INSERT INTO accounts VALUES ('y')", /not begun here/],
    ["DO $$ BEGIN COMMIT; END $$", /invalid transaction termination/],
    ["PREPARE TRANSACTION 'p'", /./],
  ] as const) {
    const run = await failed.rehearse(`${insert.replace("=== 3", "=== 0")} await ctx.tx.query(${JSON.stringify(sql)});`);
    assert.equal(run.exitCode, 1, sql);
    assert.match(run.stdout + run.stderr, found, sql);
    assert.deepEqual(await contentOf(database.reader), before, sql);
  }
});

test("on PostgreSQL a process that is killed in a handler leaves nothing, and the running service is not held up for long", async (t) => {
  const database = await onPostgres(t, "killed");
  const failed = await failedOrders<PostgresTx>(t, [1, 2], database);
  const before = await contentOf(database.reader);
  const dying = await failed.rehearse(`${insert} if (data.total === 1) process.kill(process.pid, "SIGKILL");`, "--json");
  const { letters } = dying.json().rehearsals[0];
  assert.deepEqual(letters.map(({ outcome }: { outcome: string }) => outcome).toSorted(), ["applied", "failed"]);
  assert.deepEqual(await contentOf(database.reader), before);
  const running = await failed.run(async ({ order_id, total }, tx) => {
    await tx.query("INSERT INTO invoices VALUES ($1, $2)", [order_id, total]);
  });
  t.after(() => running.close());
  await failed.log.append([orderRecord(9, 9)]);
  const slow = failed.rehearse(`${insert} await new Promise((done) => setTimeout(done, 300));`);
  const handled = async (): Promise<number> =>
    (await database.reader.query("SELECT FROM invoices WHERE order_id = 'o-9'")).rowCount ?? 0;
  while ((await handled()) === 0) await new Promise((done) => setTimeout(done, 20));
  assert.equal((await slow).exitCode, 0);
});
