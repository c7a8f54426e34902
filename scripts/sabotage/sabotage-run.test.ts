import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { copyRepository } from "./copy-repository.ts";
import type { Break } from "./break.ts";
import type { BreakResult } from "./sabotage-run.ts";

/** A repository with one source, a package of its own, and a foreign one. */
function repository(t: TestContext): { folder: string; root: string } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "sabotage-test-")));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const root = join(folder, "root");
  for (const path of ["packages/sum/src", "node_modules/@ours", "node_modules/foreign", "data", "src/data"])
    mkdirSync(join(root, path), { recursive: true });
  const files = {
    "packages/sum/package.json": `{"name":"@ours/sum","type":"module","exports":"./src/sum.ts"}`,
    "packages/sum/src/sum.ts": "export const sum = (a: number, b: number) => a + b;\nexport const unused = 1;\n",
    "node_modules/foreign/index.js": "",
    "data/large.db": "",
    "src/data/kept.ts": "",
    "src/sum.test.ts": `import { test } from "node:test"; import { sum } from "@ours/sum";
      test("adds up", () => { if (sum(1, 2) !== 3) throw new Error("wrong"); });`,
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
  symlinkSync("../../packages/sum", join(root, "node_modules/@ours/sum"));
  return { folder, root };
}

/** In a process of its own: a test cannot run tests. */
function inProcess<T>(folder: string, call: string): T {
  const program = join(folder, "program.mjs");
  const module = JSON.stringify(pathToFileURL(join(import.meta.dirname, "sabotage-run.ts")).href);
  writeFileSync(
    program,
    `import * as sabotage from ${module};
    const options = (copies) => ({ copies, print: () => undefined, signal: new AbortController().signal });
    console.log(JSON.stringify(await (${call}).catch((error) => ({ refused: error.message }))));`,
  );
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return JSON.parse(execFileSync(process.execPath, [program], { env, encoding: "utf8" })) as T;
}

describe("sabotage", () => {
  it("tells a break that a test catches from one that none does and one that does not load, and mends each", (t) => {
    const { folder, root } = repository(t);
    const copy = join(folder, "copy");
    copyRepository(root, copy);
    const of = (name: string, find: string, replace: string): Break => ({
      name,
      rule: "R1",
      file: "packages/sum/src/sum.ts",
      find,
      replace,
      tests: ["src/sum.test.ts"],
    });
    const breaks = [
      of("subtracts", "a + b", "a - b"),
      of("unseen", "unused = 1", "unused = 2"),
      of("unreadable", "a + b", "a +"),
    ];
    const given = `${JSON.stringify(breaks)}, new Map([["src/sum.test.ts", 100]]), options([${JSON.stringify(copy)}])`;
    const results = inProcess<BreakResult[]>(folder, `sabotage.tryBreaks(${given})`);
    assert.deepEqual(results, [
      { name: "subtracts", rule: "R1", caught: true, by: "src/sum.test.ts: adds up" },
      { name: "unseen", rule: "R1", caught: false, by: null },
      { name: "unreadable", rule: "R1", caught: false, by: null },
    ]);
    const source = "packages/sum/src/sum.ts";
    assert.equal(readFileSync(join(copy, source), "utf8"), readFileSync(join(root, source), "utf8"));
  });

  it("breaks nothing where a test is red already", (t) => {
    const { folder, root } = repository(t);
    writeFileSync(join(root, "packages/sum/src/sum.ts"), "export const sum = () => 4;");
    const { refused } = inProcess<{ refused: string }>(
      folder,
      `sabotage.timeUnbroken(["src/sum.test.ts"], options([${JSON.stringify(root)}]))`,
    );
    assert.match(refused, /nothing is broken yet, and tests fail; mend them first:\nsrc\/sum\.test\.ts: adds up/);
  });

  it("copies sources, and links what is installed; our own packages are the copy's", (t) => {
    const { folder, root } = repository(t);
    const copy = join(folder, "copy");
    copyRepository(root, copy);
    assert.equal(realpathSync(join(copy, "node_modules/@ours/sum")), join(copy, "packages/sum"));
    assert.equal(realpathSync(join(copy, "node_modules/foreign")), join(root, "node_modules/foreign"));
    assert.equal(readFileSync(join(copy, "src/data/kept.ts"), "utf8"), "");
    assert.throws(() => readFileSync(join(copy, "data/large.db")), /ENOENT/);
  });
});
