import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { contentOfIndex } from "../../test/content-of-index.ts";
import { expirySuite } from "../../test/expired-receipts.ts";
import { filled, indexerOf, indexSuite } from "../../test/index-suite.ts";
import { logLinesSuite } from "../../test/log-lines-suite.ts";
import { noonMs } from "../../test/small-log.ts";
import { openSqliteIndex } from "../index-store/sqlite/open-sqlite-index.ts";

for (const suite of [indexSuite, logLinesSuite])
  suite("SQLite", async (t) => {
    const { file, store } = index(t);
    const open = async () => {
      const another = openSqliteIndex(file);
      t.after(() => another.close());
      return another;
    };
    return { store, open };
  });

expirySuite("SQLite", async (t) => index(t));

function index(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "index-"));
  const file = join(folder, "index.db");
  const store = openSqliteIndex(file);
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { file, store };
}

test("keeps a range receipt as one row", async (t) => {
  const { file, store } = index(t);
  const log = await filled();
  await log.range(
    "billing",
    "invoice",
    "order",
    2,
    Array.from({ length: 5_000 }, () => 7),
  );
  await indexerOf({ log: log.log, store }).catchUp();
  assert.equal(contentOfIndex(file).ranges.length, 2);
});

test("a rebuilt index has the same content", async (t) => {
  const { file, store } = index(t);
  const log = await filled();
  const indexer = indexerOf({ log: log.log, store, batchRecords: 2 });
  await indexer.catchUp();
  await log.told("notifications", "mail", "order", 0, { outcome: "applied", failureId: "f-1", atMs: noonMs + 5_000 });
  await indexer.catchUp();
  const before = contentOfIndex(file);
  assert.equal(before.failures.length, 1);
  await indexer.rebuild();
  assert.deepEqual(contentOfIndex(file), before);
});

test("an index that follows writes nothing while nothing comes, and is never seen to be behind by what one batch brings", async (t) => {
  const { file, store } = index(t);
  const log = await filled();
  let nowMs = noonMs + 60_000;
  const indexer = indexerOf({ log: log.log, store, now: () => nowMs });
  await indexer.catchUp();
  const changes = () => {
    const db = new DatabaseSync(file);
    const row = db.prepare("PRAGMA data_version").get();
    db.close();
    return JSON.stringify([row, statSync(`${file}-wal`).size]);
  };
  const before = changes();
  nowMs += 1_000;
  await indexer.catchUp();
  assert.equal(changes(), before);
  const looked: number[] = [];
  const watched: typeof store = Object.create(store, {
    look: { value: async (ends: readonly unknown[]) => void looked.push(ends.length) },
  });
  for (const name of ["positions", "apply", "giveUp", "retain", "announcements", "noteCommitted"] as const)
    Object.defineProperty(watched, name, { value: (store[name] as (...all: unknown[]) => unknown).bind(store) });
  await log.event({ id: "e-9", type: "order.completed" });
  await indexerOf({ log: log.log, store: watched, now: () => nowMs }).catchUp();
  assert.deepEqual(looked, []);
  assert.equal((await store.findEvents({ id: "e-9" })).length, 1);
});

test("a file that is damaged, or none, is refused with what to do", async (t) => {
  const { file, store } = index(t);
  await store.close();
  writeFileSync(file, "no database at all, but long enough to look like one".repeat(200));
  assert.throws(
    () => openSqliteIndex(file),
    (error: Error) => {
      assert.equal((error as { code?: string }).code, "INDEX_FILE_UNUSABLE");
      assert.match(error.message, /index\.db cannot be used: file is not a database; if it is damaged, move it away/);
      return true;
    },
  );
  assert.throws(() => openSqliteIndex(dirname(file)), { code: "INDEX_FILE_UNUSABLE" });
});

test("a file that holds something else is refused, and left as it is", async (t) => {
  const { file, store } = index(t);
  await store.close();
  rmSync(file);
  const db = new DatabaseSync(file);
  db.exec("CREATE TABLE invoices (id TEXT); INSERT INTO invoices VALUES ('i-1')");
  assert.throws(() => openSqliteIndex(file), { code: "INDEX_FILE_FOREIGN" });
  assert.equal(db.prepare("SELECT count(*) AS n FROM invoices").get()!["n"], 1);
  db.close();
});
