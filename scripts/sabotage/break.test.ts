import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { root } from "../gate/repository.ts";
import { type Break, broken } from "./break.ts";
import { breaks } from "./breaks/index.ts";

const aBreak: Break = { name: "no answer", rule: "R1", file: "a.ts", find: "42", replace: "$&", tests: [] };

describe("a break", () => {
  it("replaces its text, and takes the replacement as it is", () => {
    assert.equal(broken("return 42;", aBreak), "return $&;");
  });

  it("whose text is gone, or stands twice, fails and says what to do", () => {
    assert.throws(() => broken("return 43;", aBreak), /"no answer" cannot be made: its text is gone from a\.ts; say in /);
    assert.throws(() => broken("42 + 42", aBreak), /stands 2 times in a\.ts/);
  });
});

describe("the breaks", () => {
  it("can all be made in the sources as they are, and name tests that exist", () => {
    for (const each of breaks) {
      broken(readFileSync(join(root, each.file), "utf8"), each);
      assert.ok(each.tests.length > 0);
      for (const test of each.tests) assert.ok(existsSync(join(root, test)), `${each.name}: ${test}`);
    }
  });

  it("have names of their own", () => {
    const names = breaks.map(({ name }) => name);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });

  it("are two or more for each of R1 to R8, and one for R11, R12, R14 and R15", () => {
    const count = (rule: string) => breaks.filter((each) => each.rule === rule).length;
    for (const rule of ["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"]) assert.ok(count(rule) >= 2, rule);
    for (const rule of ["R11", "R12", "R14", "R15"]) assert.ok(count(rule) >= 1, rule);
  });
});
