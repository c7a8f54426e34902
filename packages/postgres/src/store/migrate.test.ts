import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { migrations } from "./migrate.ts";
import { withSchema } from "./statements.ts";

test("migrations are numbered without gaps, and never change once they were released", () => {
  assert.deepEqual(
    migrations.map(({ number }) => number),
    migrations.map((_, index) => index + 1),
  );
  const hashes = migrations.map(({ sql }) => hash("sha256", sql, "hex").slice(0, 16));
  assert.deepEqual(hashes, ["f4e04dda96450177", "4458d259940f70f7"]);
});

test("with a schema of another name nothing is called throughline, but the setting's class", () => {
  for (const { sql } of migrations) {
    const left = withSchema(sql, "billing").match(/throughline\w*/g) ?? [];
    assert.deepEqual(
      left.filter((name) => name !== "throughline_drawn"),
      [],
    );
  }
});
