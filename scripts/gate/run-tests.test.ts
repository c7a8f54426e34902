import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { execFileSync } from "node:child_process";
import { root } from "./repository.ts";

/** More than a pipe holds. */
const tests = 2_000;

test("the results of a file that leaves a handle open are all counted, however slowly they are read", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-run-tests-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "many.test.mjs");
  writeFileSync(
    file,
    `import { test } from "node:test";
     for (let i = 0; i < ${tests}; i += 1) test("passes, and says so in so many words ${"x".repeat(300)} " + i, () => {});
     setInterval(() => {}, 1_000);`,
  );
  const program = join(folder, "slow-reader.mjs");
  writeFileSync(
    program,
    `import { runTests } from ${JSON.stringify(join(root, "scripts/gate/run-tests.ts"))};
     let pauses = 6;
     const busy = setInterval(() => { for (const since = performance.now(); pauses > 0 && performance.now() - since < 1_500;); pauses -= 1; }, 20);
     const counts = await runTests([${JSON.stringify(file)}], { concurrency: 1, testTimeoutMs: 60_000, allTimeoutMs: 120_000 });
     clearInterval(busy);
     process.stdout.write("\\n" + JSON.stringify(counts), () => process.exit(0));`,
  );
  // Without what the runner of this very test has set for its own files.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const output = execFileSync(process.execPath, [program], { cwd: root, env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const counts = JSON.parse(output.slice(output.lastIndexOf("\n") + 1)) as { tests: number; pass: number };
  assert.deepEqual([counts.tests, counts.pass], [tests, tests]);
});
