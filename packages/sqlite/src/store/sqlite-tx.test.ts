import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { numbers, put, testStore } from "../../test/store-fixture.ts";
import type { SqliteTx } from "./sqlite-tx.ts";

const shared = { savepoint: false, alone: false };
const behindSavepoint = { savepoint: true, alone: false };
const alone = { savepoint: false, alone: true };
const failed = { code: "TX_STATEMENT_FAILED" };

describe("a tx", () => {
  test("runs, gets and lists, with parameters in order or by name", async (t) => {
    const store = await testStore(t);
    await store.transaction((tx) => {
      assert.deepEqual(tx.run(put, "a", 1), { changes: 1, lastInsertRowid: 1 });
      tx.run("INSERT INTO numbers VALUES (:key, :value)", { key: "b", value: 2 });
      assert.equal(tx.get<{ value: number }>("SELECT value FROM numbers WHERE key = ?", "b")?.value, 2);
      assert.equal(tx.get("SELECT value FROM numbers WHERE key = ?", "c"), undefined);
      assert.deepEqual(
        tx.all<{ key: string }>("SELECT key FROM numbers ORDER BY key").map(({ key }) => key),
        ["a", "b"],
      );
      tx.exec("UPDATE numbers SET value = 3 WHERE key = 'a'; DELETE FROM numbers WHERE key = 'b'");
    });
    assert.deepEqual(await numbers(store), { a: 3 });
  });

  test("answers with what the work returns", async (t) => {
    const store = await testStore(t);
    assert.equal(await store.transaction(() => "done"), "done");
    assert.equal(await store.read(async () => "read"), "read");
  });

  test("refuses several statements at once, and none, instead of dropping some", async (t) => {
    const store = await testStore(t);
    await assert.rejects(
      store.transaction((tx) => void tx.run("DELETE FROM numbers; DELETE FROM numbers")),
      failed,
    );
    await assert.rejects(
      store.transaction((tx) => void tx.run("-- nothing")),
      failed,
    );
  });

  test("of a read refuses to write", async (t) => {
    const store = await testStore(t);
    await assert.rejects(
      store.read((tx) => void tx.run(put, "a", 1)),
      { ...failed, message: /use store\.transaction/ },
    );
  });
});

describe("SQL about transactions", () => {
  const refused: readonly (readonly [title: string, work: (tx: SqliteTx) => void])[] = [
    ["a COMMIT that nothing began", (tx) => void tx.run("COMMIT")],
    ["a ROLLBACK that nothing began", (tx) => tx.exec("/* */ ROLLBACK")],
    ["a RELEASE of an unknown savepoint", (tx) => void tx.run("RELEASE nobody")],
    ["a BEGIN inside BEGIN", (tx) => tx.exec("BEGIN; BEGIN")],
    ["a BEGIN that nothing ended", (tx) => tx.exec("BEGIN")],
    ["a SAVEPOINT that nothing ended", (tx) => tx.exec("SAVEPOINT a; SAVEPOINT b; RELEASE b")],
    ["a COMMIT of an unended savepoint's surroundings", (tx) => tx.exec("SAVEPOINT a; COMMIT")],
  ];
  for (const options of [shared, behindSavepoint, alone]) {
    for (const [title, work] of refused) {
      test(`${title} fails the handler and harms nobody (${JSON.stringify(options)})`, async (t) => {
        const store = await testStore(t);
        const outcome = store.unitOfWork(async (unit) => {
          await unit.isolate(async (tx) => tx.run(put, "before", 1), options);
          const broken = unit.isolate(async (tx) => {
            tx.run(put, "broken", 1);
            try {
              work(tx);
            } catch {
              // Caught, and still failed.
            }
          }, options);
          if (!options.savepoint) return broken;
          await assert.rejects(broken, failed);
          await unit.isolate(async (tx) => tx.run(put, "after", 1), options);
        });
        if (options.savepoint) await outcome;
        else await assert.rejects(outcome, failed);
        assert.deepEqual(await numbers(store), options.savepoint ? { before: 1, after: 1 } : {});
      });
    }
  }

  test("acts on savepoints, by name and nested", async (t) => {
    const store = await testStore(t);
    await store.transaction((tx) => {
      tx.exec(`begin immediate; INSERT INTO numbers VALUES ('a', 1);
        SAVEPOINT one; INSERT INTO numbers VALUES ('b', 1);
        SAVEPOINT "Two"; INSERT INTO numbers VALUES ('c', 1);
        ROLLBACK TO two; INSERT INTO numbers VALUES ('d', 1); RELEASE TWO;
        SAVEPOINT three; INSERT INTO numbers VALUES ('e', 1);
        ROLLBACK TO SAVEPOINT one; INSERT INTO numbers VALUES ('f', 1);
        RELEASE one; END TRANSACTION`);
      tx.exec("BEGIN; INSERT INTO numbers VALUES ('g', 1); SAVEPOINT open; ROLLBACK");
    });
    assert.deepEqual(await numbers(store), { a: 1, f: 1 });
  });

  test("a savepoint that was rolled back may stay open, as ORMs leave it, but what fails behind it fails the handler", async (t) => {
    const store = await testStore(t);
    const undone = "SAVEPOINT one; INSERT INTO numbers VALUES ('undone', 1); ROLLBACK TO one";
    await store.transaction((tx) => {
      tx.exec(undone);
      tx.run(put, "a", 1);
      tx.exec(`SAVEPOINT two; ${undone}; RELEASE two`);
    });
    await store.transaction((tx) => tx.transaction((inner) => inner.exec(`${undone}; INSERT INTO numbers VALUES ('b', 1)`)));
    const failing = store.transaction((tx) => {
      tx.exec(undone);
      assert.throws(() => tx.run(put, "a", 2), /UNIQUE/);
    });
    await assert.rejects(failing, failed);
    const leaving = store.transaction((tx) => tx.exec(`${undone}; SAVEPOINT one`));
    await assert.rejects(leaving, failed);
    assert.deepEqual(await numbers(store), { a: 1, b: 1 });
  });

  test("a failed statement between BEGIN and ROLLBACK is undone with it, between BEGIN and COMMIT it is not", async (t) => {
    const store = await testStore(t);
    await store.transaction((tx) => {
      tx.run(put, "a", 1);
      tx.exec("BEGIN");
      assert.throws(() => tx.run(put, "a", 2), /UNIQUE/);
      assert.throws(() => tx.exec("COMMIT"), failed);
      tx.exec("ROLLBACK");
      tx.run(put, "b", 1);
    });
    assert.deepEqual(await numbers(store), { a: 1, b: 1 });
    await assert.rejects(
      store.transaction((tx) => {
        tx.exec("BEGIN");
        assert.throws(() => tx.run(put, "a", 2), /UNIQUE/);
        assert.throws(() => tx.exec("COMMIT"), failed);
      }),
      failed,
    );
  });

  test("inside a nested transaction cannot end what is around it", async (t) => {
    const store = await testStore(t);
    await store.transaction(async (tx) => {
      tx.exec("BEGIN");
      tx.run(put, "a", 1);
      await assert.rejects(
        tx.transaction((inner) => inner.exec("COMMIT")),
        failed,
      );
      tx.exec("COMMIT");
    });
    assert.deepEqual(await numbers(store), { a: 1 });
  });
});

describe("a nested transaction", () => {
  test("whose failed statement was caught is undone, and rejects", async (t) => {
    const store = await testStore(t);
    await store.transaction(async (tx) => {
      tx.run(put, "a", 1);
      const nested = tx.transaction((inner) => {
        inner.run(put, "b", 1);
        assert.throws(() => inner.run(put, "a", 2), /UNIQUE/);
      });
      await assert.rejects(nested, failed);
      tx.run(put, "c", 1);
    });
    assert.deepEqual(await numbers(store), { a: 1, c: 1 });
  });

  test("goes three deep", async (t) => {
    const store = await testStore(t);
    await store.transaction((one) =>
      one.transaction(async (two) => {
        two.run(put, "a", 1);
        await assert.rejects(
          two.transaction((three) => Promise.reject(new Error(`undo ${three.run(put, "b", 1).changes}`))),
          /undo 1/,
        );
        await two.transaction((three) => three.run(put, "c", 1));
      }),
    );
    assert.deepEqual(await numbers(store), { a: 1, c: 1 });
  });

  test("refuses the tx around it while it is open, and a second one beside it", async (t) => {
    const store = await testStore(t);
    const outer = store.transaction((tx) =>
      tx.transaction((inner) => {
        inner.run(put, "a", 1);
        assert.throws(() => tx.run(put, "b", 1), { ...failed, message: /use the inner tx/ });
      }),
    );
    await assert.rejects(outer, failed);
    const siblings = store.transaction(async (tx) => {
      await Promise.allSettled(["a", "b"].map((key) => tx.transaction(async (inner) => inner.run(put, key, 1))));
    });
    await assert.rejects(siblings, failed);
    assert.deepEqual(await numbers(store), {});
  });

  test("has a tx that ends with it", async (t) => {
    const store = await testStore(t);
    await store.transaction(async (tx) => {
      const late = await tx.transaction((inner) => inner);
      assert.throws(() => late.run(put, "late", 1), { code: "TX_ENDED" });
      await assert.rejects(store.publishIn(late, []), { code: "TX_REQUIRED" });
      tx.run(put, "a", 1);
    });
    assert.deepEqual(await numbers(store), { a: 1 });
  });
});

describe("a statement that reaches beyond its event", () => {
  for (const sql of ["PRAGMA case_sensitive_like = ON", "/* no */ pragma user_version", "ATTACH ':memory:' AS other"]) {
    test(`"${sql}" ends sharing, caught or not`, async (t) => {
      const store = await testStore(t);
      for (const options of [shared, behindSavepoint]) {
        const outcome = store.unitOfWork((unit) =>
          unit.isolate(async (tx) => {
            await tx.transaction((inner) => inner.exec(sql)).catch(() => undefined);
            throw new Error("something else");
          }, options),
        );
        await assert.rejects(outcome, { code: "TX_SHARING_ENDED", retryable: true });
      }
    });
  }

  test("is allowed alone, prepared or not", async (t) => {
    const store = await testStore(t);
    for (let i = 0; i < 2; i += 1)
      await store.transaction((tx) => assert.equal(tx.get<{ user_version: number }>("PRAGMA user_version")?.user_version, 0));
    const outcome = store.unitOfWork((unit) => unit.isolate(async (tx) => tx.get("PRAGMA user_version"), shared));
    await assert.rejects(outcome, { code: "TX_SHARING_ENDED" });
  });

  const rollsBack = "INSERT OR ROLLBACK INTO numbers (key, value) VALUES ('a', 2)";

  test("rolling the transaction back by a conflict clause ends sharing, and nothing later runs outside of a transaction", async (t) => {
    const store = await testStore(t);
    await store.transaction((tx) => tx.run(put, "a", 1));
    const outcome = store.unitOfWork(async (unit) => {
      await unit.isolate(async (tx) => tx.run(put, "b", 1), behindSavepoint);
      const broken = unit.isolate(async (tx) => {
        assert.throws(() => tx.run(rollsBack), /UNIQUE/);
        assert.throws(() => tx.run(put, "c", 1), failed);
      }, behindSavepoint);
      await assert.rejects(broken, { code: "TX_SHARING_ENDED" });
      await assert.rejects(unit.outbox.backlog(), failed);
      await assert.rejects(
        unit.isolate(async (tx) => tx.run(put, "d", 1), behindSavepoint),
        failed,
      );
    });
    await assert.rejects(outcome, { code: "TX_SHARING_ENDED" });
    assert.deepEqual(await numbers(store), { a: 1 });
  });

  test("alone, rolling back fails the handler", async (t) => {
    const store = await testStore(t);
    await store.transaction((tx) => tx.run(put, "a", 1));
    await assert.rejects(
      store.transaction((tx) => assert.throws(() => tx.run(rollsBack), /UNIQUE/)),
      failed,
    );
  });
});

test("handlers that were started together run one after the other", async (t) => {
  const store = await testStore(t);
  const order: string[] = [];
  await store.unitOfWork(async (unit) => {
    const handler = (name: string) =>
      unit.isolate(async (tx) => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        tx.run(put, name, 1);
        order.push(`${name} ends`);
        if (name === "b") throw new Error("undo this");
      }, behindSavepoint);
    await Promise.allSettled(["a", "b", "c"].map(handler));
  });
  assert.deepEqual(order, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  assert.deepEqual(await numbers(store), { a: 1, c: 1 });
});

test("a full disk is the store's failure and no attempt, whatever the handler makes of it", async (t) => {
  const store = await testStore(t);
  const outcome = store.transaction((tx) => {
    const { page_count: pages } = tx.get<{ page_count: number }>("PRAGMA page_count") ?? { page_count: 0 };
    tx.exec(`PRAGMA max_page_count = ${pages}`);
    try {
      for (let i = 0; ; i += 1) tx.run(put, `${i}-${"x".repeat(1_000)}`, i);
    } finally {
      tx.exec("PRAGMA max_page_count = 1073741823");
    }
  });
  await assert.rejects(
    outcome,
    (error: { code?: string; retryable?: boolean }) => error.code === "STORE_FULL" && error.retryable === true,
  );
  await store.transaction((tx) => tx.exec("PRAGMA max_page_count = 1073741823"));
  assert.deepEqual(await numbers(store), {});
});

test("texts of any number leave statements that still work", async (t) => {
  const store = await testStore(t);
  await store.transaction((tx) => {
    for (let i = 0; i < 1_200; i += 1) tx.run(`INSERT INTO numbers (key, value) VALUES ('k${i}', ${i})`);
    for (let i = 0; i < 3; i += 1) tx.run(put, `again-${i}`, i);
  });
  assert.equal(Object.keys(await numbers(store)).length, 1_203);
});

describe("where handlers overlap", () => {
  const overlapping = { savepoint: false, alone: false, overlap: true };

  test("a statement that returns rows ends it, however it is sent", async (t) => {
    const store = await testStore(t);
    const statements: ((tx: SqliteTx) => unknown)[] = [
      (tx) => tx.get("SELECT 1"),
      (tx) => tx.all("SELECT key FROM numbers"),
      (tx) => tx.run("SELECT 1"),
      (tx) => tx.run("INSERT INTO numbers (key, value) VALUES (?, ?) RETURNING value", "a", 1),
      (tx) => tx.exec("DELETE FROM numbers; SELECT 1"),
      (tx) => tx.exec("SAVEPOINT mine"),
    ];
    for (const statement of statements) {
      for (let i = 0; i < 2; i += 1) {
        const outcome = store.unitOfWork((unit) => unit.isolate(async (tx) => void statement(tx), overlapping));
        await assert.rejects(outcome, { code: "TX_OVERLAP_ENDED" }, statement.toString());
      }
    }
    assert.deepEqual(await numbers(store), {});
  });

  test("statements that only write are run, prepared or not", async (t) => {
    const store = await testStore(t);
    await store.unitOfWork((unit) =>
      Promise.all([
        unit.isolate(async (tx) => void tx.run(put, "a", 1), overlapping),
        unit.isolate(async (tx) => tx.exec("INSERT INTO numbers VALUES ('b', 2); UPDATE numbers SET value = 3"), overlapping),
        unit.isolate(async (tx) => void tx.run(put, "c", 4), overlapping),
      ]),
    );
    assert.deepEqual(await numbers(store), { a: 3, b: 3, c: 4 });
  });
});
