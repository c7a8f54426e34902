import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./repository.ts";
import { compileProblems, shownModules } from "./shown-code.ts";

const folder = join(root, ".data", "docs-check-test");

test("a type error in a page is reported with the page's line; correct blocks are not", () => {
  const page = [
    "# Guide",
    "```ts",
    'export const name: string = "a";',
    "```",
    "",
    "```ts",
    "export const n: number = 1;",
    "```",
    "```ts continued",
    "const s: string = n;",
    "```",
  ];
  const problems = compileProblems(shownModules("docs/guide/a.md", page.join("\n")), folder);
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? "", /^docs\/guide\/a\.md:10: error TS2322/);
});
