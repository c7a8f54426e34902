import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import type { OutboxRow } from "throughline/seams";
import { outboxRow, put, testStore } from "../../../test/store-fixture.ts";
import type { SqliteStore } from "../sqlite-store.ts";

const failure = { name: "Error", code: "LOG_RECORD_TOO_LARGE", message: "too large", stack: null };
const number = (store: SqliteStore, limit = 100) => store.unitOfWork((unit) => unit.outbox.number(limit));
const idsOf = (rows: readonly OutboxRow[]) => rows.map(({ eventId, sequence }) => [eventId, sequence]);

describe("rows that another language inserted", () => {
  test("keep their place among ours, with texts for bytes and defaults", async (t) => {
    const store = await testStore(t);
    await store.transaction((tx) => store.publishIn(tx, [outboxRow(1)]));
    const before = Date.now();
    const foreign = new DatabaseSync(store.file);
    t.after(() => foreign.close());
    foreign.exec(`INSERT INTO throughline_outbox (event_id, topic, subject, key, value, headers)
      VALUES ('event-2', 'order', 'o-1', 'o-1', '{"total":7}', '{"ce_id":"event-2","ce_source":"/legacy"}')`);
    await store.transaction((tx) => store.publishIn(tx, [outboxRow(3)]));
    const rows = await number(store);
    assert.deepEqual(idsOf(rows), [
      ["event-1", 1],
      ["event-2", 2],
      ["event-3", 3],
    ]);
    const [, row] = rows;
    assert.deepEqual([row?.key, row?.value, row?.once], [Buffer.from("o-1"), Buffer.from('{"total":7}'), false]);
    assert.deepEqual(row?.headers, [
      ["ce_id", Buffer.from("event-2")],
      ["ce_source", Buffer.from("/legacy")],
    ]);
    assert.ok(row && row.createdAtMs >= before && row.createdAtMs <= Date.now());
  });

  test("are published once when they say so", async (t) => {
    const store = await testStore(t);
    const insert = "INSERT INTO throughline_outbox (event_id, topic, once, created_at_ms) VALUES ('the-id', 'order', 1, 1)";
    await store.transaction((tx) => tx.exec(`${insert}; ${insert}`));
    await store.transaction((tx) => store.publishIn(tx, [outboxRow(1, { eventId: "the-id", once: true }), outboxRow(2)]));
    assert.deepEqual(idsOf(await number(store)), [
      ["the-id", null],
      ["event-2", 1],
    ]);
  });

  test("are refused at once when they can never be sent", async (t) => {
    const store = await testStore(t);
    for (const values of [
      "'x', 'order', 'no json', NULL",
      "'x', 'order', '7', NULL",
      "'x', 'order', '[]', 7",
      "NULL, 'order', '[]', NULL",
      "'x', NULL, '[]', NULL",
    ]) {
      await assert.rejects(
        store.transaction((tx) => tx.exec(`INSERT INTO throughline_outbox (event_id, topic, headers, value) VALUES (${values})`)),
        /constraint|malformed JSON/,
        values,
      );
    }
  });

  test("whose headers cannot be read stop their subject, and no other", async (t) => {
    const store = await testStore(t);
    await store.transaction(async (tx) => {
      tx.exec(
        `INSERT INTO throughline_outbox (event_id, topic, subject, headers) VALUES ('broken', 'order', 'o-1', '["ce_id"]')`,
      );
      await store.publishIn(tx, [outboxRow(1), outboxRow(2, { subject: "o-2" })]);
    });
    assert.deepEqual(idsOf(await number(store)), [["event-2", 1]]);
    const stopped = await store.all<{ event_id: string; error: string }>(
      "SELECT event_id, error FROM throughline_outbox_held WHERE stopped_at_ms IS NOT NULL",
    );
    assert.match(stopped[0]?.error ?? "", /a header must be/);
  });
});

describe("a stopped subject", () => {
  test("of many rows holds up nobody, neither when it stops nor after", async (t) => {
    const store = await testStore(t, { transactionLimitMs: 10_000 });
    const many = 12_000;
    await store.transaction((tx) =>
      store.publishIn(
        tx,
        Array.from({ length: many }, (_, i) => outboxRow(i)),
      ),
    );
    await store.transaction((tx) => store.publishIn(tx, [outboxRow(many, { subject: "other" })]));
    const [first] = await number(store, 1);
    await store.unitOfWork((unit) => unit.outbox.stop(first?.ticket ?? 0, failure, 1));
    let calls = 0;
    const woken: (() => void)[] = [];
    const subscription = store.onCommitted(() => woken.splice(0).forEach((wake) => wake()));
    t.after(() => subscription.stop());
    for (;;) {
      const wakeUp = new Promise<void>((resolve) => woken.push(resolve));
      calls += 1;
      const rows = await number(store, 500);
      if (rows.length > 0) {
        assert.deepEqual(idsOf(rows), [[`event-${many}`, 1]]);
        break;
      }
      await wakeUp;
    }
    assert.ok(calls > 1, "one call takes only some of them out of the way");
    const plan = await store.all<{ n: number }>("SELECT count(*) AS n FROM throughline_outbox");
    assert.equal(plan[0]?.n, 1, "nobody reads past them again");
    assert.equal((await store.unitOfWork((unit) => unit.outbox.backlog())).count, many + 1);

    await store.unitOfWork((unit) => unit.outbox.repair(first?.ticket ?? 0, "retry"));
    const rows = await number(store, many + 1);
    assert.deepEqual(
      rows.map(({ eventId }) => eventId),
      Array.from({ length: many + 1 }, (_, i) => `event-${i}`),
    );
    assert.deepEqual(
      rows.slice(0, many).map(({ sequence }) => sequence),
      Array.from({ length: many }, (_, i) => i + 1),
    );
  });

  test("with two refused rows goes on when both are repaired", async (t) => {
    const store = await testStore(t);
    await store.transaction((tx) => store.publishIn(tx, [outboxRow(1), outboxRow(2), outboxRow(3)]));
    const [one, two] = await number(store);
    assert.ok(one && two);
    await store.unitOfWork(async (unit) => {
      await unit.outbox.stop(one.ticket, failure, 1);
      await unit.outbox.stop(two.ticket, failure, 2);
    });
    assert.deepEqual(
      (await store.unitOfWork((unit) => unit.outbox.stopped())).map(({ row, sinceMs }) => [row.eventId, row.sequence, sinceMs]),
      [
        ["event-1", 1, 1],
        ["event-2", 2, 2],
      ],
    );
    await store.unitOfWork((unit) => unit.outbox.repair(one.ticket, "retry"));
    assert.deepEqual(await number(store), []);
    await store.unitOfWork((unit) => unit.outbox.repair(two.ticket, "skip"));
    assert.deepEqual(idsOf(await number(store)), [
      ["event-1", 1],
      ["event-3", 3],
    ]);
    await store.unitOfWork((unit) => unit.outbox.repair(two.ticket, "skip"));
    assert.deepEqual(
      idsOf(await number(store)),
      [
        ["event-1", 1],
        ["event-3", 3],
      ],
      "repairing what is not stopped does nothing",
    );
  });

  test("lets go of a row that the log took before it stopped", async (t) => {
    const store = await testStore(t);
    await store.transaction((tx) => store.publishIn(tx, [outboxRow(1), outboxRow(2)]));
    const [one, two] = await number(store);
    await store.unitOfWork(async (unit) => {
      await unit.outbox.stop(one?.ticket ?? 0, failure, 1);
      await unit.outbox.number(10);
      await unit.outbox.sent([two?.ticket ?? 0]);
      await unit.outbox.repair(one?.ticket ?? 0, "retry");
    });
    assert.deepEqual(idsOf(await number(store)), [["event-1", 1]]);
  });

  test("keeps an id that its caller gave, and comes back with it", async (t) => {
    const store = await testStore(t);
    await store.transaction((tx) => store.publishIn(tx, [outboxRow(1, { once: true })]));
    const [row] = await number(store);
    await store.unitOfWork((unit) => unit.outbox.stop(row?.ticket ?? 0, failure, 1));
    await store.transaction((tx) => store.publishIn(tx, [outboxRow(1, { once: true })]));
    await store.unitOfWork((unit) => unit.outbox.repair(row?.ticket ?? 0, "retry"));
    assert.deepEqual(await number(store), [row]);
  });
});

test("removes exactly the tickets that were sent", async (t) => {
  const store = await testStore(t);
  await store.transaction((tx) =>
    store.publishIn(
      tx,
      Array.from({ length: 10 }, (_, i) => outboxRow(i + 1)),
    ),
  );
  const tickets = (await number(store)).map(({ ticket }) => ticket);
  await store.unitOfWork((unit) => unit.outbox.sent([7, 2, 3, 10, 3, 8].map((n) => tickets[n - 1] ?? 0)));
  assert.deepEqual(
    (await number(store)).map(({ eventId }) => eventId),
    [1, 4, 5, 6, 9].map((n) => `event-${n}`),
  );
  const left = await store.all<{ n: number }>("SELECT count(*) AS n FROM throughline_outbox_numbers");
  assert.equal(left[0]?.n, 5);
});

test("a long backlog is told from its tickets", async (t) => {
  const store = await testStore(t, { transactionLimitMs: 10_000 });
  await store.transaction((tx) =>
    store.publishIn(
      tx,
      Array.from({ length: 5_000 }, (_, i) => outboxRow(i + 1)),
    ),
  );
  assert.deepEqual(await store.unitOfWork((unit) => unit.outbox.backlog()), { count: 5_000, oldestMs: 1 });
});

test("no statement of the relay reads more than it needs of a long backlog", async (t) => {
  const store = await testStore(t);
  const plans = await store.all<{ detail: string }>(
    "EXPLAIN QUERY PLAN SELECT * FROM throughline_outbox AS o LEFT JOIN throughline_subjects AS s ON s.topic = o.topic AND s.subject = o.subject WHERE o.ticket > 1 ORDER BY o.ticket LIMIT 5",
  );
  for (const { detail } of plans) assert.match(detail, /^SEARCH/);
});

test("a publish that fails a constraint fails the transaction like any statement", async (t) => {
  const store = await testStore(t);
  const outcome = store.transaction(async (tx) => {
    tx.run(put, "a", 1);
    await store.publishIn(tx, [outboxRow(1, { topic: null as unknown as string })]).catch(() => undefined);
  });
  await assert.rejects(outcome, { code: "TX_STATEMENT_FAILED" });
});
