import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { brokenLinks } from "./links.ts";

test("links to files, folders and headings that exist hold; others are reported with their line", (t) => {
  const root = mkdtempSync(join(tmpdir(), "throughline-links-"));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "docs"));
  writeFileSync(join(root, "docs", "a.md"), "# Title here\n");
  const good = "[a](docs/a.md) [b](docs/a.md#title-here) [c](docs) [d](https://example.org/x) [e](#start)";
  writeFileSync(join(root, "README.md"), `# Start\n${good}\n[f](docs/b.md)\n[g](docs/a.md#nowhere)\n[h](../outside.md)\n`);
  assert.deepEqual(brokenLinks(root, "README.md"), [
    "README.md:3 docs/b.md does not exist",
    "README.md:4 docs/a.md#nowhere: no heading there makes #nowhere",
    "README.md:5 ../outside.md leaves the repository",
  ]);
});
