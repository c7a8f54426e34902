import assert from "node:assert/strict";
import { test } from "node:test";
import { boundaryProblems, type SourceFile, type Workspace } from "./boundary-rules.ts";

const workspace = (folder: string, name: string, dependencies: string[] = [], devDependencies: string[] = []): Workspace => ({
  folder,
  name,
  dependencies,
  devDependencies,
});

const core = workspace("packages/core", "throughline", [], ["zod", "@throughline/testing"]);
const sqlite = workspace("packages/sqlite", "@throughline/sqlite", ["throughline"], ["@throughline/testing"]);
const testing = workspace("packages/testing", "@throughline/testing", ["throughline"], ["@throughline/sqlite"]);
const cli = workspace("packages/cli", "@throughline/cli", ["throughline", "@throughline/sqlite"]);
const page = workspace("packages/console", "@throughline/console", [], ["react", "@throughline/sqlite", "throughline"]);
const shop = workspace("examples/shop", "shop", ["throughline", "@throughline/sqlite"]);
const rootWorkspace = workspace("", "root", [], ["typescript"]);
const bench = workspace("bench", "@throughline/bench", ["throughline", "@throughline/sqlite", "kafkajs"]);
const house = [core, sqlite, testing, cli, page, shop, bench, rootWorkspace];

/** Only what the file itself does: no complaint that nothing else uses a declared package. */
function problemsOf(path: string, ...imports: string[]): string[] {
  const file: SourceFile = { path, text: imports.map((specifier) => `import { x } from "${specifier}";`).join("\n") };
  return boundaryProblems(house, [file]).filter((problem) => problem.startsWith(path));
}

test("core may import nothing of ours, and no database", () => {
  assert.match(
    problemsOf("packages/core/src/a.ts", "@throughline/sqlite").join(),
    /a\.ts:1 imports @throughline\/sqlite; core imports nothing of ours/,
  );
  assert.match(
    problemsOf("packages/core/src/a.ts", "node:fs", "node:sqlite").join(),
    /a\.ts:2 imports node:sqlite; core knows no broker or database/,
  );
});

test("an adapter imports core, and the test kit in its tests only", () => {
  assert.deepEqual(problemsOf("packages/sqlite/src/a.ts", "throughline/seams", "node:sqlite"), []);
  assert.deepEqual(problemsOf("packages/sqlite/src/a.test.ts", "@throughline/testing/conformance"), []);
  assert.deepEqual(problemsOf("packages/sqlite/test/a.int.test.ts", "@throughline/testing"), []);
  assert.match(problemsOf("packages/sqlite/src/a.ts", "@throughline/testing").join(), /an adapter imports throughline only/);
  assert.match(problemsOf("packages/testing/src/a.ts", "@throughline/sqlite").join(), /an adapter imports throughline only/);
});

test("what wires things together imports adapters", () => {
  for (const path of ["packages/cli/src/a.ts", "examples/shop/main.ts", "bench/a.ts", "e2e/a.test.ts", "scripts/demo.ts"]) {
    assert.deepEqual(problemsOf(path, "throughline", "@throughline/sqlite"), [], path);
  }
});

test("the page has what it imports built in, and knows nothing of ours but the API", () => {
  assert.deepEqual(problemsOf("packages/console/page/main.tsx", "react"), []);
  assert.match(problemsOf("packages/console/src/a.ts", "react").join(), /declares for development only/);
  for (const path of ["packages/console/page/main.tsx", "packages/console/src/a.ts"])
    assert.match(problemsOf(path, "throughline").join(), /the page knows the API and nothing else of ours/);
  assert.deepEqual(problemsOf("packages/console/test/a.test.ts", "@throughline/sqlite"), []);
});

test("a relative import stays in its package", () => {
  assert.deepEqual(problemsOf("packages/core/src/deep/a.ts", "../b.ts"), []);
  assert.match(
    problemsOf("packages/core/src/a.ts", "../../sqlite/src/index.ts").join(),
    /leaves its package for packages\/sqlite/,
  );
  assert.deepEqual(problemsOf("packages/core/test/a.test.ts", "../../../e2e/sizes.ts"), []);
  assert.deepEqual(problemsOf("packages/core/test/a.test.ts", "../../../scripts/services/kafka.ts"), []);
  assert.match(problemsOf("packages/core/src/a.ts", "../../../scripts/services/kafka.ts").join(), /leaves its package/);
  assert.deepEqual(problemsOf("bench/bench-services.ts", "../scripts/services/kafka.ts"), []);
  assert.match(problemsOf("bench/rows/a.ts", "../../packages/core/src/index.ts").join(), /leaves its package for packages\/core/);
  assert.match(problemsOf("packages/core/src/a.ts", "../../../e2e/sizes.ts").join(), /leaves its package for e2e\/sizes/);
  assert.match(problemsOf("e2e/a.test.ts", "../packages/core/src/index.ts").join(), /reaches into packages\/core/);
});

test("an imported package is declared, for production where it is published", () => {
  assert.match(
    problemsOf("packages/sqlite/src/a.ts", "left-pad/sub").join(),
    /imports left-pad, which packages\/sqlite\/package\.json does not declare/,
  );
  assert.match(problemsOf("packages/core/src/a.ts", "zod").join(), /declares for development only/);
  assert.deepEqual(problemsOf("packages/core/src/a.test.ts", "zod"), []);
});

test("a package does not import itself by name, except in its tests", () => {
  assert.deepEqual(problemsOf("packages/core/test/a.int.test.ts", "throughline"), []);
  assert.match(problemsOf("packages/core/src/a.ts", "throughline").join(), /use a relative import/);
});

test("a declared package that nothing imports is reported", () => {
  const problems = boundaryProblems(
    [workspace("packages/core", "throughline", ["pino", "ajv"]), rootWorkspace],
    [{ path: "packages/core/src/a.ts", text: 'import type { Logger } from "pino";' }],
  );
  assert.deepEqual(problems, ["packages/core/package.json declares ajv, which nothing there imports; remove it"]);
});
