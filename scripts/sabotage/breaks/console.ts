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
    name: "an index that stays behind never called unknown on the page",
    rule: "R9",
    file: "packages/console/page/shell/say-index.ts",
    find: "behind > 0 && behindForMs < lastingMs",
    replace: "behind > 0 && behindForMs >= 0",
    tests: ["packages/console/test/said-on-call.test.ts"],
  },
  {
    name: "ids that lead to another address of the page",
    rule: "R9",
    file: "packages/console/page/router/paths.ts",
    find: "flow: (id: string, query: { event?: string; wanted?: string } = {}) => withQuery(`/flows/${part(id)}`, query),",
    replace: "flow: (id: string, query: { event?: string; wanted?: string } = {}) => withQuery(`/flows/${id}`, query),",
    tests: words,
  },
  {
    name: "a tenant that is lost on the way to another page",
    rule: "R16",
    file: "packages/console/page/router/kept.ts",
    find: 'if (value !== null && value !== "" && !wanted.has(name)) wanted.set(name, value);',
    replace: "if (value !== null && wanted.has(name)) wanted.set(name, value);",
    tests: ["packages/console/test/address.test.ts"],
  },
  {
    name: "a payload that nobody edited is sent as it was laid out",
    rule: "R7",
    file: "packages/console/page/pages/redrive/edit-text.ts",
    find: "if (isShown(edited)) return before;",
    replace: "",
    tests: ["packages/console/test/edit-text.test.ts"],
  },
  {
    name: "a release for every handler of what one handler holds",
    rule: "R16",
    file: "packages/console/page/pages/commands/controls.ts",
    find: 'return { command: "release", handler, held, label };',
    replace: 'return { command: "release", handler: null, held, label };',
    tests: ["packages/console/test/command-order.test.ts"],
  },
  {
    name: "a change that the API can make, and no page asks for",
    rule: "R16",
    file: "packages/console/page/pages/lag/make-silence.tsx",
    find: 'send("POST", "/silences"',
    replace: 'send("POST", "/tokens" as "/silences"',
    tests: ["packages/console/test/operations.test.ts"],
  },
];
