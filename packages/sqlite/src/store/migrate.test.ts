import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { migrations } from "./migrate.ts";

test("migrations are numbered without gaps, and never change once they were released", () => {
  assert.deepEqual(
    migrations.map(({ number }) => number),
    migrations.map((_, index) => index + 1),
  );
  const hashes = migrations.map(({ sql }) => hash("sha256", sql, "hex").slice(0, 16));
  assert.deepEqual(hashes, [
    "3a8037fd81756075",
    "31c0f7f1d64e3cce",
    "9feb391804e11e22",
    "b42a6d608a0f4732",
    "a353998104561e8a",
    "683d48661b5e4278",
    "e755179ad72bbb23",
    "fb7398623ef6cf5c",
  ]);
});

test("every table, index and trigger carries the prefix", () => {
  for (const { sql } of migrations) {
    const names = [...sql.matchAll(/(?:CREATE|ALTER) (?:TABLE|INDEX|TRIGGER) (\w+)/g)].map(([, name]) => name ?? "");
    assert.ok(names.length > 0);
    for (const name of names) assert.match(name, /^throughline_/);
  }
});

test("rows that wait in the outbox outlive its quicker checks, and no ticket is given twice", () => {
  const db = new DatabaseSync(":memory:");
  for (const { sql } of migrations.slice(0, 7)) db.exec(sql);
  const insert = "INSERT INTO throughline_outbox (event_id, topic, value) VALUES (?, 'order', x'00ff')";
  for (const id of ["sent", "waits", "sent-last"]) db.prepare(insert).run(id);
  db.exec("DELETE FROM throughline_outbox WHERE event_id <> 'waits'");
  for (const { sql } of migrations.slice(7)) db.exec(sql);
  db.prepare(insert).run("new");
  assert.deepEqual(
    db
      .prepare("SELECT ticket, event_id, hex(value) AS value FROM throughline_outbox ORDER BY ticket")
      .all()
      .map((row) => ({ ...row })),
    [
      { ticket: 2, event_id: "waits", value: "00FF" },
      { ticket: 4, event_id: "new", value: "00FF" },
    ],
  );
  db.close();
});
