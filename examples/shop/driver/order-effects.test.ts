import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { isInOrder, wrongEffects } from "./order-effects.ts";
import { openServiceDatabases } from "./service-databases.ts";

test("a missing effect and a doubled one are found, and nothing else", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "shop-effects-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const rows = {
    payments: ["payments", "a", "b", "b"],
    billing: ["invoices", "a", "b"],
    notifications: ["mails", "a"],
    analytics: ["sales", "a", "b"],
    loyalty: ["points", "a", "b"],
    fraud: ["scores", "a", "b", "of-another-load"],
  };
  for (const [service, [table, ...orderIds]] of Object.entries(rows)) {
    const db = new DatabaseSync(join(folder, `${service}.db`));
    db.exec(`CREATE TABLE ${table} (order_id TEXT)`);
    for (const orderId of orderIds) db.prepare(`INSERT INTO ${table} VALUES (?)`).run(orderId);
    db.close();
  }
  const databases = openServiceDatabases(folder);
  t.after(() => databases.close());
  assert.deepEqual(await wrongEffects(databases, ["a", "b"]), [
    { orderId: "b", effect: "payment", count: 2 },
    { orderId: "b", effect: "email", count: 0 },
  ]);
});

test("an order's movements are in order only from reserved to taken, once each", () => {
  assert.ok(isInOrder(["reserved", "taken"]));
  assert.ok(isInOrder(["reserved", "adjusted", "taken"]));
  for (const wrong of [
    undefined,
    [],
    ["reserved"],
    ["taken", "reserved"],
    ["reserved", "taken", "taken"],
    ["adjusted", "reserved", "taken"],
  ])
    assert.ok(!isInOrder(wrong));
});
