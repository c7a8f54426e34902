import assert from "node:assert/strict";
import { test } from "node:test";
import { importsOf } from "./import-scan.ts";

test("finds imports of every form, with their lines", () => {
  const source = [
    'import { a } from "one";',
    'import "two";',
    "import type {",
    "  B,",
    '} from "three";',
    'export * from "./four.ts";',
    'export type { C } from "five";',
    'const six = await import("six");',
    'const require = createRequire(import.meta.url), seven = require("seven");',
  ].join("\n");
  assert.deepEqual(
    importsOf(source).map(({ specifier, line }) => `${line} ${specifier}`),
    ["1 one", "2 two", "3 three", "6 ./four.ts", "7 five", "8 six", "9 seven"],
  );
});

test("a function that happens to be called require is none", () => {
  assert.deepEqual(importsOf('const id = require("id");\nproblems.import("type");'), []);
});

test("an import that stands in a comment or a string is none", () => {
  const source = [
    "/**",
    ' *   import { a } from "comment";',
    ' * const x = await import("called-comment");',
    " */",
    "export const b = 1;",
    'const text = "from";',
    '// const y = await import("line-comment");',
    "const code = 'await import(\"string\")';",
  ].join("\n");
  assert.deepEqual(importsOf(source), []);
});
