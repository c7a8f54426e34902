import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { systemSurroundings } from "throughline";
import { numbers, outboxRow, put, testFolder, testStore } from "../../test/store-fixture.ts";
import { migrations } from "./migrate.ts";
import { type SqliteStoreOptions, sqlite } from "./sqlite-store.ts";

async function open(options: SqliteStoreOptions, service = "billing"): Promise<void> {
  await using store = sqlite(options);
  await store.open({ service, surroundings: systemSurroundings });
}

describe("opening", () => {
  test("takes an address, a path or options, and makes the folders", async (t) => {
    const folder = await testFolder(t);
    for (const given of [`sqlite:${join(folder, "a", "b.db")}`, join(folder, "c.db"), { file: join(folder, "d.db") }]) {
      const store = sqlite(given);
      await store.open({ service: "billing", surroundings: systemSurroundings });
      assert.deepEqual(await store.all("SELECT name FROM throughline_service").then((rows) => rows.map((row) => ({ ...row }))), [
        { name: "billing" },
      ]);
      await store.close();
    }
    assert.throws(() => sqlite("postgres://localhost/billing"), { code: "SQLITE_ADDRESS_INVALID" });
  });

  test("keeps what is there, and can be done again by the same store", async (t) => {
    const store = await testStore(t);
    await store.transaction((tx) => tx.run(put, "a", 1));
    await store.open({ service: "billing", surroundings: systemSurroundings });
    assert.deepEqual(await numbers(store), { a: 1 });
    await store.close();
    await store.open({ service: "billing", surroundings: systemSurroundings });
    assert.deepEqual(await numbers(store), { a: 1 });
  });

  test("refuses a store that was not migrated, when it shall not migrate", async (t) => {
    const file = join(await testFolder(t), "billing.db");
    await assert.rejects(open({ file, migrate: false }), {
      code: "STORE_NOT_MIGRATED",
      message: new RegExp(`at migration 0 and this version needs ${migrations.length}`),
    });
    await open({ file });
    await open({ file, migrate: false });
  });

  test("takes a store one release ahead, and refuses one that left nothing it can work on", async (t) => {
    const file = join(await testFolder(t), "billing.db");
    await open({ file });
    const db = new DatabaseSync(file);
    const known = migrations.length;
    db.exec(`INSERT INTO throughline_migrations VALUES (${known + 1}, 'next', ${known}, 0)`);
    await open({ file });
    db.exec(`INSERT INTO throughline_migrations VALUES (${known + 2}, 'later', ${known + 1}, 0)`);
    db.close();
    const message = new RegExp(`at migration ${known + 2}, and this version knows only ${known}`);
    await assert.rejects(open({ file }), { code: "STORE_TOO_NEW", message });
  });

  test("refuses the store of another service, and leaves it as it is", async (t) => {
    const file = join(await testFolder(t), "billing.db");
    await open({ file });
    await assert.rejects(open({ file, tables: "CREATE TABLE intruder (a)" }, "shipping"), {
      code: "STORE_OF_ANOTHER_SERVICE",
      message: /belongs to the service "billing"/,
    });
    const store = await testStore(t, { file });
    assert.deepEqual(await store.all("SELECT name FROM sqlite_schema WHERE name = 'intruder'"), []);
  });

  test("refuses a file that is no database, and a place where none can be", async (t) => {
    const folder = await testFolder(t);
    const file = join(folder, "notes.txt");
    await writeFile(file, "this is no database, only a long enough text".repeat(40));
    await assert.rejects(open({ file }), { code: "SQLITE_FILE_UNUSABLE", message: /it is no SQLite database/ });
    await assert.rejects(open({ file: join(file, "billing.db") }), { code: "STORE_UNAVAILABLE" });
    await assert.rejects(open({ file: folder }), { code: "STORE_UNAVAILABLE", message: /cannot be opened/ });
  });

  test("says so when the application's tables are wrong", async (t) => {
    const file = join(await testFolder(t), "billing.db");
    await assert.rejects(open({ file, tables: "CREATE TABLE a (" }), /incomplete input/);
  });
});

describe("a store that is not open", () => {
  test("refuses everything", async (t) => {
    const store = sqlite(join(await testFolder(t), "billing.db"));
    const calls = [
      () => store.transaction(() => 1),
      () => store.read(() => 1),
      () => store.all("SELECT 1"),
      () => store.publishIn(null, []),
    ];
    for (const call of calls)
      await assert.rejects(call, { code: "STORE_UNAVAILABLE", message: /not open yet; start its service first/ });
    await store.open({ service: "billing", surroundings: systemSurroundings });
    await store.close();
    for (const call of calls) await assert.rejects(call, { code: "STORE_CLOSED" });
  });
});

describe("a transaction over the limit", () => {
  test("is rolled back, says what to do, and its rest runs in no other's", async (t) => {
    const store = await testStore(t, { transactionLimitMs: 50 });
    const { promise: resumed, resolve: resume } = Promise.withResolvers<void>();
    const late: unknown[] = [];
    const { promise: restEnded, resolve: endRest } = Promise.withResolvers<void>();
    const hanging = store.transaction(async (tx) => {
      tx.run(put, "hanging", 1);
      await resumed;
      const uses = [
        () => tx.run(put, "late", 1),
        () => tx.exec("COMMIT"),
        () => tx.transaction((inner) => inner.run(put, "late", 1)),
        () => store.publishIn(tx, [outboxRow(1)]),
      ];
      for (const use of uses)
        await Promise.resolve()
          .then(use)
          .catch((error: unknown) => late.push(error));
      endRest();
    });
    await assert.rejects(hanging, {
      code: "TX_TOO_LONG",
      message: /open for more than 50 ms and was rolled back; do slow work outside of it, with \{ call, commit \}/,
    });
    await store.transaction(async (tx) => {
      tx.run(put, "next", 1);
      resume();
      await restEnded;
      tx.run(put, "next again", 1);
    });
    assert.deepEqual(
      late.map((error) => (error as { code: string }).code),
      ["TX_TOO_LONG", "TX_TOO_LONG", "TX_TOO_LONG", "TX_TOO_LONG"],
    );
    assert.deepEqual(await numbers(store), { next: 1, "next again": 1 });
    assert.equal((await store.unitOfWork((unit) => unit.outbox.backlog())).count, 0);
  });

  test("that ends while a nested transaction is open harms nobody", async (t) => {
    const store = await testStore(t, { transactionLimitMs: 50 });
    const { promise: resumed, resolve: resume } = Promise.withResolvers<void>();
    let nested: Promise<unknown> | undefined;
    const hanging = store.transaction(
      (tx) => (nested = tx.transaction(async (inner) => void inner.run(put, "hanging", await resumed.then(() => 1)))),
    );
    await assert.rejects(hanging, { code: "TX_TOO_LONG" });
    await store.transaction(async (tx) => {
      tx.run(put, "next", 1);
      resume();
      await assert.rejects(nested ?? Promise.resolve(), { code: "TX_TOO_LONG" });
    });
    assert.deepEqual(await numbers(store), { next: 1 });
  });

  test("frees the readers too", async (t) => {
    const store = await testStore(t, { transactionLimitMs: 50 });
    const hanging = store.read(() => new Promise(() => undefined));
    const next = store.all("SELECT 1 AS one");
    await assert.rejects(hanging, { code: "TX_TOO_LONG" });
    assert.equal((await next).length, 1);
  });
});

test("a unit that has ended writes nothing into its neighbour's transaction", async (t) => {
  const store = await testStore(t);
  const ended = await store.unitOfWork(async (unit) => unit);
  await store.transaction(async (tx) => {
    await assert.rejects(ended.outbox.add([outboxRow(1)]), { code: "TX_ENDED" });
    await assert.rejects(
      ended.isolate(async (late) => late.run(put, "late", 1), { savepoint: false, alone: true }),
      { code: "TX_ENDED" },
    );
    tx.run(put, "a", 1);
  });
  assert.deepEqual(await numbers(store), { a: 1 });
  assert.equal((await store.unitOfWork((unit) => unit.outbox.backlog())).count, 0);
});

describe("publishing in a transaction", () => {
  test("says what it was given, and what to pass", async (t) => {
    const store = await testStore(t);
    const db = new DatabaseSync(":memory:");
    t.after(() => db.close());
    for (const [given, message] of [
      [undefined, /got undefined;/],
      ["tx", /got a string;/],
      [db, /got a DatabaseSync, which is no transaction of this store;/],
      [{}, /got an object that is no transaction;/],
    ] as const) {
      await assert.rejects(store.publishIn(given, [outboxRow(1)]), { code: "TX_REQUIRED", message });
    }
    await assert.rejects(store.publishIn(null, []), {
      message: /pass the tx that store\.transaction\(async \(tx\) => …\) or a handler's ctx\.tx gives/,
    });
    await store.read((tx) =>
      assert.rejects(store.publishIn(tx, [outboxRow(1)]), { code: "TX_REQUIRED", message: /a reading transaction/ }),
    );
  });

  test("works through another store object of the same file", async (t) => {
    const [store, folder] = [await testStore(t), await testFolder(t)];
    const same = await testStore(t, { file: store.file });
    const other = await testStore(t, { file: join(folder, "other.db") });
    await store.transaction(async (tx) => {
      await same.publishIn(tx, [outboxRow(1)]);
      await assert.rejects(other.publishIn(tx, [outboxRow(2)]), {
        code: "TX_REQUIRED",
        message: /of another store, .*billing\.db/,
      });
    });
    assert.equal((await store.unitOfWork((unit) => unit.outbox.backlog())).count, 1);
  });
});

test("a constraint that fails at COMMIT rejects with SQLite's own error", async (t) => {
  const store = await testStore(t, {
    tables:
      "CREATE TABLE parents (id INTEGER PRIMARY KEY); CREATE TABLE children (id INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED)",
  });
  await assert.rejects(
    store.transaction((tx) => tx.run("INSERT INTO children VALUES (1)")),
    /FOREIGN KEY constraint failed/,
  );
  assert.equal((await store.all("SELECT * FROM children")).length, 0);
});

test("listeners hear of commits that another store object made", async (t) => {
  const store = await testStore(t);
  const same = await testStore(t, { file: store.file });
  const heard = Promise.withResolvers<void>();
  const subscription = same.onCommitted(() => heard.resolve());
  t.after(() => subscription.stop());
  await store.transaction((tx) => store.publishIn(tx, [outboxRow(1)]));
  await heard.promise;
});
