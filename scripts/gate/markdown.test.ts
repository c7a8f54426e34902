import assert from "node:assert/strict";
import { test } from "node:test";
import { anchorsOf, linksOf, readPage } from "./markdown.ts";
import { shownModules } from "./shown-code.ts";

const page = [
  "# The `event` log",
  "",
  "```ts",
  "const a = 1;",
  "```",
  "then",
  "```ts continued",
  "const b = a;",
  "```",
  "```sh",
  "npm test",
  "```",
].join("\n");

test("code blocks come with their language and first line", () => {
  assert.deepEqual(
    readPage(page).blocks.map(({ info, line, code }) => ({ info, line, code })),
    [
      { info: ["ts"], line: 4, code: "const a = 1;" },
      { info: ["ts", "continued"], line: 8, code: "const b = a;" },
      { info: ["sh"], line: 11, code: "npm test" },
    ],
  );
});

test("a shown module keeps the page's line numbers, and goes on in a continued block", () => {
  const modules = shownModules("README.md", page);
  assert.equal(modules.length, 1);
  assert.deepEqual(modules[0]?.code.split("\n"), ["", "", "", "const a = 1;", "", "", "", "const b = a;", ""]);
});

test("a longer fence holds a shorter one", () => {
  assert.deepEqual(
    readPage("````md\n```ts\nx\n```\n````").blocks.map(({ code }) => code),
    ["```ts\nx\n```"],
  );
});

test("headings make the anchors that GitHub makes", () => {
  const anchors = anchorsOf("# The `event` log\n## What's in it? (R3)\n## Same\n## Same\n```\n# no heading\n```");
  assert.deepEqual([...anchors], ["the-event-log", "whats-in-it-r3", "same", "same-1"]);
});

test("links are found in prose, not in code", () => {
  const links = linksOf('See [a](a.md) and ![b](b.png "B").\n`[c](c.md)`\n```\n[d](d.md)\n```\n[e]: e.md#there');
  assert.deepEqual(
    links.map(({ target, line }) => `${line} ${target}`),
    ["1 a.md", "1 b.png", "6 e.md#there"],
  );
});
