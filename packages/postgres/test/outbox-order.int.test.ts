import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { until } from "./child-process.ts";
import { testStore } from "./store-fixture.ts";
import { testServer } from "./test-server.ts";

const { database } = await testServer({ settings: { fsync: "off" } });

/** A table whose rows make COMMIT wait for whoever holds the advisory lock 1, after the tickets were drawn. */
const slowCommits = `
  CREATE TABLE slow (n integer);
  CREATE FUNCTION wait_for_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER zz AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_for_one()`;

test("a commit that takes long lets none of its subject before it, and all of other subjects", async (t) => {
  const url = await database();
  const store = await testStore(t, url, { tables: slowCommits });
  const clients = Array.from({ length: 4 }, () => new pg.Client({ connectionString: url }));
  t.after(() => Promise.all(clients.map((client) => client.end())));
  await Promise.all(clients.map((client) => client.connect()));
  const [holder, slow, quick, other] = clients as [pg.Client, pg.Client, pg.Client, pg.Client];
  const insert = (event: string, subject: string): string =>
    `INSERT INTO throughline.outbox (event_id, topic, subject, once) VALUES ('${event}', 'order', '${subject}', true)`;
  const sequences = async (): Promise<[string, number | null][]> =>
    (await store.unitOfWork((unit) => unit.outbox.number(10))).map(({ eventId, sequence }) => [eventId, sequence]);
  const waiting = async (): Promise<number> =>
    (await store.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()")).rows
      .length;

  await holder.query("SELECT pg_advisory_lock(1)");
  await slow.query(`BEGIN; ${insert("first", "o-1")}; INSERT INTO slow VALUES (1)`);
  const committed: string[] = [];
  const first = slow.query("COMMIT").then(() => committed.push("first"));
  await until("it has drawn its ticket, and waits", async () => (await waiting()) === 1);
  const second = quick.query(insert("second", "o-1")).then(() => committed.push("second"));
  await other.query(insert("of another subject", "o-2"));
  // Its number is given before the others': an order of all subjects together would delay everybody.
  assert.deepEqual(await sequences(), [["of another subject", 1]]);
  await until("the second waits for the first", async () => committed.length > 0 || (await waiting()) === 2);
  assert.deepEqual(committed, []);
  await holder.query("SELECT pg_advisory_unlock(1)");
  await Promise.all([first, second]);
  assert.deepEqual((await sequences()).toSorted(), [
    ["first", 1],
    ["of another subject", 1],
    ["second", 2],
  ]);
});

test("a hundred subjects in one transaction keep their order beside others, without a lock for each", async (t) => {
  const store = await testStore(t, await database());
  const many =
    "INSERT INTO throughline.outbox (event_id, topic, subject) SELECT $1 || i, 'order', 'o-' || i FROM generate_series(1, 100) AS i";
  await Promise.all(
    Array.from({ length: 4 }, async (_, w) => {
      for (let n = 0; n < 10; n += 1) {
        await store.query(many, [`many-${w}-${n}-`]);
        await store.query("INSERT INTO throughline.outbox (event_id, topic, subject) VALUES ($1, 'order', 'o-7')", [
          `one-${w}-${n}`,
        ]);
      }
    }),
  );
  const rows = await store.unitOfWork((unit) => unit.outbox.number(10_000));
  const ofSeven = rows.filter(({ subject }) => subject === "o-7");
  assert.deepEqual(
    ofSeven.map(({ sequence }) => sequence),
    Array.from({ length: 80 }, (_, i) => i + 1),
  );
  for (let w = 0; w < 4; w += 1) {
    const own = ofSeven.map(({ eventId }) => eventId).filter((id) => id.split("-")[1] === String(w));
    assert.deepEqual(own, Array.from({ length: 10 }, (_, n) => [`many-${w}-${n}-7`, `one-${w}-${n}`]).flat());
  }
});
