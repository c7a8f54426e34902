import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { apiTypes } from "./api-types.ts";
import { liveDocument } from "./live-document.ts";

/** Without what only the formatter decides. */
const words = (text: string): string =>
  text
    .replaceAll(/[\s;,]|^\s*\| /gm, "")
    .replaceAll("|", "")
    .replaceAll(/[()]/g, "");

test("the page's types are those of the API as it is", async () => {
  const written = readFileSync(join(import.meta.dirname, "..", "page", "api", "api-types.ts"), "utf8");
  assert.ok(words(written) === words(apiTypes(await liveDocument())), 'the API has changed: run "npm run page:types"');
});
