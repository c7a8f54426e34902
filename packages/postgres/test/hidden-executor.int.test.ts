import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { systemSurroundings } from "throughline";
import { fromPool, postgres, type PostgresExecutor } from "../src/index.ts";
import { numbers, outboxRow, put, tables } from "./store-fixture.ts";
import { testServer } from "./test-server.ts";

const { database } = await testServer({ settings: { fsync: "off" } });

/** As a client hands it out that keeps its connection to itself. */
interface OpaqueTx {
  execute(sql: string, ...values: unknown[]): Promise<void>;
}

test("a client that hides its statements opens the transactions itself, and everything commits or rolls back with them", async (t) => {
  const pool = new pg.Pool({ connectionString: await database() });
  t.after(() => pool.end());
  const executor: PostgresExecutor<OpaqueTx> = {
    ...fromPool(pool),
    transactionOver: (client) => ({ execute: async (sql, ...values) => void (await client.query(sql, values)) }),
    clientOf: () => null,
    foreign: () => null,
    async open(work) {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        const tx: OpaqueTx = { execute: async (sql, ...values) => void (await client.query(sql, values)) };
        const result = await work(tx, client);
        await client.query("COMMIT");
        return result;
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      } finally {
        client.release();
      }
    },
  };
  const store = postgres({ executor, tables });
  t.after(() => store.close());
  await store.open({ service: "billing", surroundings: systemSurroundings });
  assert.equal(store.features.hidesStatements, true);
  let wakes = 0;
  t.after(store.onCommitted(() => (wakes += 1)).stop);

  let late: OpaqueTx | undefined;
  await store.transaction(async (tx) => {
    late = tx;
    await tx.execute(put, "kept", 1);
    await store.publishIn(tx, [outboxRow(1)]);
  });
  assert.ok(wakes > 0);
  await assert.rejects(store.publishIn(late, [outboxRow(2)]), { code: "TX_REQUIRED" });
  const mistake = new Error("a mistake");
  const undone = store.unitOfWork((unit) =>
    unit.isolate(
      async (tx) => {
        await tx.execute(put, "undone", 2);
        await store.publishIn(tx, [outboxRow(3)]);
        throw mistake;
      },
      { savepoint: false, alone: true },
    ),
  );
  await assert.rejects(undone, (error) => error === mistake);
  await store.unitOfWork(async (unit) => {
    const undo = unit.isolate(
      async (tx) => {
        await tx.execute(put, "behind a savepoint", 3);
        throw mistake;
      },
      { savepoint: true, alone: false },
    );
    await assert.rejects(undo, (error) => error === mistake);
  });
  const { rows } = await pool.query<{ key: string }>("SELECT key FROM numbers");
  assert.deepEqual(rows, [{ key: "kept" }]);
  assert.equal((await store.unitOfWork((unit) => unit.outbox.number(10))).length, 1);
});

test("a pg client of the application publishes in its own transaction, and is refused where none is open", async (t) => {
  const pool = new pg.Pool({ connectionString: await database(), pipeline: true });
  t.after(() => pool.end());
  const store = postgres({ executor: fromPool(pool), tables });
  t.after(() => store.close());
  await store.open({ service: "billing", surroundings: systemSurroundings });
  const { promise: woken, resolve } = Promise.withResolvers<void>();
  t.after(store.onCommitted(() => resolve()).stop);
  const client = await pool.connect();
  await assert.rejects(store.publishIn(client, [outboxRow(1)]), { code: "TX_REQUIRED" });
  await assert.rejects(store.publishIn(pool, [outboxRow(1)]), { code: "TX_REQUIRED" });
  for (const [n, end] of [
    [1, "ROLLBACK"],
    [2, "COMMIT"],
  ] as const) {
    await client.query("BEGIN");
    await client.query(put, [`k-${n}`, n]);
    await store.publishIn(client, [outboxRow(n)]);
    await client.query(end);
  }
  client.release();
  await woken;
  assert.deepEqual(await numbers(store), { "k-2": 2 });
  const rows = await store.unitOfWork((unit) => unit.outbox.number(10));
  assert.deepEqual(
    rows.map(({ eventId }) => eventId),
    ["event-2"],
  );
});
