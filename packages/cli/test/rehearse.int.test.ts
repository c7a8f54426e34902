import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { sqlite, type SqliteTx } from "@throughline/sqlite";
import { runCommand } from "./run-command.ts";
import { failedOrders, linesOf, orderRecord } from "./rehearse-fixture.ts";
import { until } from "./running-service.ts";

const guide = readFileSync(join(import.meta.dirname, "../../../docs/guide/redrive.md"), "utf8");
const plain = (text: string): string =>
  text
    .replaceAll(/^[0-9a-f-]{6,36} +create/gm, "<id> create")
    .replaceAll(/ +/g, " ")
    .trim();

const tables = "CREATE TABLE IF NOT EXISTS invoices (order_id TEXT PRIMARY KEY, total INTEGER NOT NULL)";
const insert = "ctx.tx.run('INSERT INTO invoices VALUES (?, ?)', data.order_id, data.total);";

function onSqlite(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "throughline-rehearse-db-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "billing.db");
  return {
    file,
    store: () => sqlite({ file, tables }),
    source: {
      imports: `import { sqlite } from ${JSON.stringify(import.meta.resolve("@throughline/sqlite"))};`,
      store: "sqlite(process.env.THROUGHLINE_STORE)",
    },
    env: { THROUGHLINE_STORE: `sqlite:${file}` },
  };
}

/** Every row of every table, and every table and index. */
function contentOf(file: string): unknown {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const schema = db.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").all();
    const names = schema.filter(({ type }) => type === "table").map(({ name }) => String(name));
    return [schema, ...names.map((name) => [name, db.prepare(`SELECT * FROM "${name}"`).all()])];
  } finally {
    db.close();
  }
}

test("says how many of a service's dead letters a build would handle, in its own database, and leaves every row as it was", async (t) => {
  const database = onSqlite(t);
  const failed = await failedOrders<SqliteTx>(t, [-1, 2, -3, 4], database);
  const before = contentOf(database.file);
  const handle = `${insert} if (data.total === -3) throw new Error("no such account"); await ctx.publish(InvoiceCreated, data);`;
  const { exitCode, stdout } = await failed.rehearse(handle);
  assert.equal(exitCode, 1);
  // As the guide shows it, but for the letter's id.
  const shown = /\$ throughline rehearse \.\/services\/billing .*\n([^`]*)```/.exec(guide)![1]!;
  assert.equal(plain(stdout), plain(shown));
  assert.deepEqual(contentOf(database.file), before);
  const all = await failed.rehearse(insert, "--json");
  assert.equal(all.exitCode, 0);
  const { ok, rehearsals } = all.json();
  assert.deepEqual([ok, rehearsals[0].passed, rehearsals[0].total], [true, 4, 4]);
  assert.deepEqual(contentOf(database.file), before);
});

test("a handler that commits by itself, or sets what would outlive it, is found out, and nothing of it stays", async (t) => {
  const database = onSqlite(t);
  const failed = await failedOrders<SqliteTx>(t, [-1, 2], database);
  const before = contentOf(database.file);
  for (const [handle, found] of [
    [`${insert} ctx.tx.exec("COMMIT");`, /ends a transaction that was not begun here/],
    [`${insert} ctx.tx.exec("ROLLBACK; BEGIN; INSERT INTO invoices VALUES ('x', 1); COMMIT");`, /not begun here/],
    [`${insert} ctx.tx.exec("PRAGMA user_version = 7");`, /PRAGMA user_version = 7/],
  ] as const) {
    const { exitCode, stdout } = await failed.rehearse(handle);
    assert.equal(exitCode, 1, handle);
    assert.match(stdout, found);
    assert.deepEqual(contentOf(database.file), before, handle);
  }
});

test("a handler that ends or blocks its process fails, and the other letters are rehearsed", async (t) => {
  const database = onSqlite(t);
  const failed = await failedOrders<SqliteTx>(t, [-1, 2, 3], database);
  const before = contentOf(database.file);
  const run = await failed.rehearse(`${insert} if (data.total === 2) process.exit(7);`, "--json");
  const { letters } = run.json().rehearsals[0];
  assert.deepEqual(
    letters
      .map(({ outcome, error }: { outcome: string; error: { code: string } | null }) => [outcome, error?.code ?? null])
      .toSorted(),
    [
      ["applied", null],
      ["applied", null],
      ["failed", "REHEARSAL_CRASHED"],
    ],
  );
  assert.equal(run.exitCode, 1);
  assert.deepEqual(contentOf(database.file), before);
});

test("killed in the middle of a handler, it leaves nothing, and the service goes on beside it", async (t) => {
  const database = onSqlite(t);
  const failed = await failedOrders<SqliteTx>(t, [-1], database);
  const before = contentOf(database.file);
  const begun = join(failed.folder, "begun");
  const program = await failed.build(
    `${insert} (await import("node:fs")).appendFileSync(${JSON.stringify(begun)}, "x\\n"); await new Promise((done) => setTimeout(done, 800));`,
  );
  const stop = new AbortController();
  const rehearsing = runCommand(failed.log, ["rehearse", program], {
    signal: stop.signal,
    env: { ...(process.env as Record<string, string>), ...database.env },
  });
  await until("the handler runs", async () => (await linesOf(begun)).length > 0);
  // The command kills its process as the operating system would.
  stop.abort();
  assert.equal((await rehearsing).exitCode, 1);
  assert.deepEqual(contentOf(database.file), before);
  const running = await failed.run((data, tx) => void tx.run("INSERT INTO invoices VALUES (?, ?)", data.order_id, data.total));
  t.after(() => running.close());
  await failed.log.append([orderRecord(9, 90)]);
  const again = failed.rehearse(`${insert} await new Promise((done) => setTimeout(done, 100));`);
  const read = (): unknown => {
    const db = new DatabaseSync(database.file, { readOnly: true });
    const row = db.prepare("SELECT total FROM invoices WHERE order_id = 'o-9'").get();
    db.close();
    return row?.["total"];
  };
  await until("the running service handled a new event", () => read() === 90);
  assert.equal((await again).exitCode, 0);
});

test("letters of another service, a program that does not start, and a database that is not ready are said", async (t) => {
  const database = onSqlite(t);
  const failed = await failedOrders<SqliteTx>(t, [-1], database);
  const env = { ...(process.env as Record<string, string>), ...database.env };
  const run = (program: string, ...args: string[]) =>
    runCommand(failed.log, ["rehearse", program, ...args], { env, nowMs: Date.now() });
  const id = (await failed.rehearse(insert, "--json")).json().rehearsals[0].letters[0].failureId;
  const shipping = await failed.build(insert, { name: "shipping" });
  const other = await run(shipping, id);
  assert.deepEqual([other.exitCode, other.stderr.includes('is of the service "billing"')], [1, true]);
  assert.match((await run(shipping)).stdout, /Nothing to rehearse/);
  const broken = await failed.build("", { contracts: "Nothing" });
  assert.match(
    (await run(broken)).stderr,
    /did not rehearse: it ended with exit code 1[\s\S]*Nothing is not defined[\s\S]*CLI_NO_REHEARSAL/,
  );
  const missing = await runCommand(failed.log, ["rehearse", await failed.build(insert)], {
    env: { ...env, THROUGHLINE_STORE: `sqlite:${join(failed.folder, "none.db")}` },
    nowMs: Date.now(),
  });
  assert.match(missing.stderr, /none\.db is at migration 0 .* \[CLI_NO_REHEARSAL\]/s);
  assert.equal((await run(join(failed.folder, "nowhere"))).exitCode, 1);
  const wrong = await run(await failed.build(insert), id, "--handler", "x");
  assert.equal(wrong.exitCode, 2);
});
