import assert from "node:assert/strict";
import { hash } from "node:crypto";
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
  ]);
});

test("every table, index and trigger carries the prefix", () => {
  for (const { sql } of migrations) {
    const names = [...sql.matchAll(/(?:CREATE|ALTER) (?:TABLE|INDEX|TRIGGER) (\w+)/g)].map(([, name]) => name ?? "");
    assert.ok(names.length > 0);
    for (const name of names) assert.match(name, /^throughline_/);
  }
});
