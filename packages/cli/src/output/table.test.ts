import assert from "node:assert/strict";
import { test } from "node:test";
import { paintFor } from "./colours.ts";
import { renderTable } from "./table.ts";

const columns = [{ title: "NAME" }, { title: "COUNT", align: "right" }, { title: "WHY", flexible: true }] as const;

test("aligns columns, groups digits and shows nothing as a dash", () => {
  assert.equal(
    renderTable(columns, [
      ["a", 12345, "because"],
      ["longer", null, ""],
    ]),
    "NAME     COUNT  WHY\na       12,345  because\nlonger       –  –",
  );
});

test("cuts flexible cells to the terminal's width, and no others", () => {
  const lines = renderTable(columns, [["a-name-that-must-stay-whole", 1, "a reason that is much too long for this terminal"]], {
    columns: 60,
  }).split("\n");
  assert.equal(lines[1], "a-name-that-must-stay-whole      1  a reason that is much t…");
  assert.ok(lines.every((line) => line.length <= 60));
});

test("cuts nothing where lines have no end", () => {
  assert.match(renderTable(columns, [["a", 1, "x".repeat(500)]], { columns: null }), /x{500}$/);
});

test("colours are not counted as width", () => {
  const painted = renderTable(columns, [[{ text: "a", colour: "red" }, 1, "x"]], { paint: (_, text) => `<${text}>` });
  assert.equal(painted, "<NAME>  <COUNT>  <WHY>\n<a>         1  x");
});

test("control characters of a cell are shown", () => {
  assert.match(renderTable(columns, [["\u001b[31mred\u0007", 1, "two\nlines"]]), /\\x1b\[31mred\\x07 +1 {2}two lines/);
});

const terminal = { write: () => {}, isTTY: true, columns: 80 };

for (const [env, isTTY, coloured] of [
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: "1" }, true, false],
  [{ TERM: "dumb" }, true, false],
  [{ FORCE_COLOR: "1" }, false, true],
  [{ FORCE_COLOR: "1", NO_COLOR: "1" }, true, false],
] as const) {
  test(`${isTTY ? "a terminal" : "a file"} with ${JSON.stringify(env)} ${coloured ? "has" : "has no"} colours`, () => {
    assert.equal(paintFor({ ...terminal, isTTY }, env)("red", "x") !== "x", coloured);
  });
}
