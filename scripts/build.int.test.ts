import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { filesMatching, root } from "./gate/repository.ts";

test("what is published handles an event, and holds no trace of crash points", { timeout: 120_000 }, () => {
  const built = spawnSync(process.execPath, [join(root, "scripts/build.ts")], { cwd: root, encoding: "utf8" });
  assert.equal(built.status, 0, built.stdout + built.stderr);
  assert.match(built.stdout, /handled an event/);

  for (const folder of ["packages/core", "packages/sqlite"]) {
    const dist = join(root, folder, "dist");
    const files = filesMatching(["**/*.{js,d.ts}"], dist);
    assert.ok(files.length > 20);
    const left = files.filter((file) => /crash-point\.|crashPoint\(|onCrashPoint/.test(readFileSync(join(dist, file), "utf8")));
    assert.deepEqual(left, []);
  }
});
