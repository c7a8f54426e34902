import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCodesOf, errorPageProblems } from "./error-page.ts";

test("the codes of a catalogue are the rows of its table, not what else it exports", () => {
  const row = { retryable: false, message: () => "" };
  assert.deepEqual(errorCodesOf({ errors: { A_CODE: row, B_CODE: row }, factory: () => null, limits: { max: 3 } }), [
    "A_CODE",
    "B_CODE",
  ]);
});

test("a code without a section and a section without a code are both reported", () => {
  const problems = errorPageProblems(
    "# Errors\n### A_CODE\ntext\n### GONE_CODE\ntext",
    new Map([["a.ts", ["A_CODE", "B_CODE"]]]),
  );
  assert.equal(problems.length, 2);
  assert.match(problems.join("\n"), /B_CODE of a\.ts has no section/);
  assert.match(problems.join("\n"), /section GONE_CODE belongs to no code/);
});

test("a code that two packages use is reported", () => {
  const catalogues = new Map([
    ["a.ts", ["A_CODE"]],
    ["b.ts", ["A_CODE"]],
  ]);
  assert.match(errorPageProblems("### A_CODE", catalogues).join(), /A_CODE stands in a\.ts and in b\.ts/);
});

test("a page that agrees with its catalogues has no problem", () => {
  assert.deepEqual(errorPageProblems("### A_CODE\n### `B_CODE`", new Map([["a.ts", ["A_CODE", "B_CODE"]]])), []);
});
