import type { Break } from "../break.ts";

const page = ["packages/control/test/page.test.ts"];
const words = ["packages/console/test/page-words.test.ts"];

/** What the console's page and whoever serves it promise. */
export const consoleBreaks: readonly Break[] = [
  {
    name: "the page answered where the API should say that there is nothing",
    rule: "R16",
    file: "packages/control/src/server/page.ts",
    find: "!/^\\/(?:api|assets)(?:\\/|$)/.test(path)",
    replace: 'path !== ""',
    tests: page,
  },
  {
    name: "a page that is kept for ever, with names of files that are gone",
    rule: "R16",
    file: "packages/control/src/server/page.ts",
    find: 'isHashed ? "public, max-age=31536000, immutable" : "no-store"',
    replace: '"public, max-age=31536000, immutable"',
    tests: page,
  },
  {
    name: "numbers of a payload that lose their digits on the page",
    rule: "R7",
    file: "packages/console/page/parts/json-text.ts",
    find: 'else add(/^[tfn]/.test(part) ? "word" : "number", part);',
    replace: 'else add(/^[tfn]/.test(part) ? "word" : "number", /^[tfn]/.test(part) ? part : String(Number(part)));',
    tests: ["packages/console/test/json-text.test.ts"],
  },
  {
    name: "ids that lead to another address of the page",
    rule: "R9",
    file: "packages/console/page/router/paths.ts",
    find: "flow: (id: string, query: { event?: string; wanted?: string } = {}) => withQuery(`/flows/${part(id)}`, query),",
    replace: "flow: (id: string, query: { event?: string; wanted?: string } = {}) => withQuery(`/flows/${id}`, query),",
    tests: words,
  },
];
